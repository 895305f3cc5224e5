using System.Globalization;

namespace Loyalty.Sqlite.Files;

/// <summary>The tables: numbered files of SQL, run once each, in order. <c>user_version</c> is the number of the last one.</summary>
internal static class SqliteSchema
{
    private static readonly string[] Files =
        [
            "0001_members.sql", "0002_scores.sql", "0003_points.sql", "0004_owner.sql", "0005_creators.sql", "0006_queue.sql", "0007_credits_of_orders.sql",
            "0008_refunds_of_orders.sql",
        ];

    /// <summary>The number of the last file.</summary>
    public static int Version => Files.Length;

    /// <summary>From this version on a file says whose it is.</summary>
    public static int OwnerSince => 4;

    /// <summary>Runs the files after a version, in the transaction that is open.</summary>
    public static void Upgrade(SqliteConnectionLease lease, int version, int applicationId)
    {
        for (var number = version; number < Files.Length; number++)
        {
            using var reader = new StreamReader(typeof(SqliteSchema).Assembly.GetManifestResourceStream(Files[number])!);
            lease.Execute(reader.ReadToEnd());
        }

        lease.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {applicationId}; PRAGMA user_version = {Files.Length}"));
    }
}
