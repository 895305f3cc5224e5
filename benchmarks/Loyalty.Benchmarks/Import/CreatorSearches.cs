using System.Diagnostics;
using System.Globalization;
using System.Text;
using Loyalty.Postgres.Creators;
using Loyalty.Storage.Creators;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Benchmarks.Import;

/// <summary>
/// <c>creators</c>: pages of fifty creators found by part of a handle among a million on PostgreSQL, as the application asks for them: through the store, as a member of
/// <c>loyalty_app</c>, statements prepared, one after the other. They come there by <c>loyalty import</c>.
/// </summary>
/// <remarks><c>creators [--creators N] [--searches N]</c>.</remarks>
internal static class CreatorSearches
{
    private static readonly string[] Words =
        ["kitchen", "daily", "glow", "fit", "beauty", "travel", "mama", "studio", "vibes", "world", "style", "home", "tech", "pets", "garden", "runner"];

    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var creators = Option(arguments, "--creators", 1_000_000);
        var searches = Option(arguments, "--searches", 300);
        var root = ProcessRuns.Root();
        var folder = Path.Combine(root, "artifacts", "bench", "creators");
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, "phones.csv");
        Write(file, creators);
        var program = Path.Combine(folder, "program.json");
        await File.WriteAllTextAsync(program, """{"tenant":"bench","currency":"USD","timeZone":"Etc/UTC"}""");
        using var server = new TestServer(fsync: true, "max_wal_size=8GB", "shared_buffers=1GB");
        using var database = server.CreateDatabase();
        var (seconds, peak, _) = ProcessRuns.Measure(
            Path.Combine(root, "artifacts", "bin", "Loyalty.Host", "release", "loyalty"), root,
            "import", "--program", program, "--source", $"phones={file}", "--out", Path.Combine(folder, "out"), "--postgres", database.AppConnectionString);
        await using (var vacuum = database.Owner.CreateCommand("VACUUM ANALYZE"))
        {
            vacuum.CommandTimeout = 0;
            await vacuum.ExecuteNonQueryAsync();
        }

        await using var app = NpgsqlDataSource.Create(database.AppConnectionString + ";Max Auto Prepare=40");
        var store = new PostgresCreatorStore(app, "bench");
        Console.WriteLine(string.Create(
            Plain, $"{creators:N0} creators, loaded in {seconds:F0} s ({peak / 1e6:F0} MB); PostgreSQL on the same machine ({Environment.ProcessorCount} cores); {searches} searches of each kind; .NET {Environment.Version}"));
        Console.WriteLine();
        Console.WriteLine("<!-- table -->");
        Console.WriteLine("| a page of 50 for | found | median | 95 of 100 |");
        Console.WriteLine("|---|--:|--:|--:|");
        await LineAsync("a word in the middle and all digits, as `itchen123456`", (word, n) => $"{word[1..]}{Digits(n)}");
        await LineAsync("five digits, as `12345`", static (_, n) => Digits(n)[..5]);
        await LineAsync("a word and three digits, as `kitchen123`", static (word, n) => word + Digits(n)[..3]);
        await LineAsync("what nobody has", static (word, n) => $"{word}-{n}");
        await LineAsync("a word that one in sixteen has, as `kitchen`", static (word, _) => word);
        await LineAsync("two letters, at beginnings only", static (word, _) => word[..2]);
        Console.WriteLine("<!-- /table -->");
        return 0;

        async Task LineAsync(string what, Func<string, int, string> term)
        {
            var times = new List<double>();
            long found = 0;
            for (var i = -20; i < searches; i++)
            {
                var n = (int)((i + 20) * 7919L % creators);
                var query = new CreatorQuery { Search = term(Words[n % Words.Length], n) };
                var watch = Stopwatch.GetTimestamp();
                var page = await store.ListAsync(query);
                if (i >= 0)
                {
                    times.Add(Stopwatch.GetElapsedTime(watch).TotalMilliseconds);
                    found += page.Creators.Count;
                }
            }

            times.Sort();
            Console.WriteLine(string.Create(Plain, $"| {what} | {(double)found / searches:0.#} | {times[times.Count / 2]:0.0} ms | {times[times.Count * 95 / 100]:0.0} ms |"));
        }
    }

    private static void Write(string file, int creators)
    {
        using var writer = new StreamWriter(file, append: false, new UTF8Encoding(false));
        writer.Write("Username,Recipient,First Name,Last Name,Phone #\n");
        for (var n = 0; n < creators; n++)
        {
            writer.Write(string.Create(Plain, $"{Words[n % Words.Length]}{Digits(n)},,First{n % 977},Last{n % 9_973},\n"));
        }
    }

    // Digits of neighbours differ in all places.
    private static string Digits(int n) => (n * 736_211L % 9_999_991).ToString("D7", Plain);

    private static int Option(string[] arguments, string name, int standard)
    {
        var at = Array.IndexOf(arguments, name);
        return at >= 0 && at + 1 < arguments.Length ? int.Parse(arguments[at + 1], Plain) : standard;
    }
}
