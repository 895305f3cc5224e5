using NpgsqlTypes;

namespace Loyalty.Postgres.Copy;

/// <summary>Pieces of a temporary table by its pages, so that no statement sends more than a few ten megabytes of it to a node of a cluster.</summary>
internal static class StagePieces
{
    // 32 MB; a piece is read without reading the others.
    private const uint Pages = 4_096;

    /// <summary>From where (included) to where (not included) each piece goes.</summary>
    public static IEnumerable<(NpgsqlTid First, NpgsqlTid End)> Of(long pages)
    {
        for (uint page = 0; page < pages; page += Pages)
        {
            yield return (new NpgsqlTid(page, 0), new NpgsqlTid(page + Pages, 0));
        }
    }
}
