using Loyalty.Postgres.Sessions;
using NpgsqlTypes;

namespace Loyalty.Postgres.Copy;

/// <summary>
/// Pieces of a temporary table by its pages, so that no statement sends more than a few ten megabytes of it to a node of a cluster. On one server nothing is sent, and the
/// table is one piece: what is joined to each piece is read once.
/// </summary>
internal static class StagePieces
{
    // 32 MB; a piece is read without reading the others.
    private const uint Pages = 4_096;

    /// <summary>From where (included) to where (not included) each piece goes.</summary>
    /// <param name="transaction">The transaction that has the table.</param>
    /// <param name="table">The table.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<IReadOnlyList<(NpgsqlTid First, NpgsqlTid End)>> OfAsync(TenantTransaction transaction, string table, CancellationToken cancellationToken)
    {
        var pages = (uint)await transaction.PagesAsync(table, cancellationToken).ConfigureAwait(false);
        var length = transaction.IsOnCluster ? Pages : Math.Max(1, pages);
        var pieces = new List<(NpgsqlTid, NpgsqlTid)>();
        for (uint page = 0; page < pages; page += length)
        {
            pieces.Add((new NpgsqlTid(page, 0), new NpgsqlTid(page + length, 0)));
        }

        return pieces;
    }
}
