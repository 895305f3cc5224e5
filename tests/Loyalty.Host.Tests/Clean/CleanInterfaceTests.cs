using System.Globalization;
using Loyalty.Tests.Connectors.Server;
using Loyalty.Tests.Host.Database;
using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Host.Clean;

/// <summary><c>loyalty clean prepare</c> from the interfaces of services, here on the loopback.</summary>
public sealed class CleanInterfaceTests(TestServer server)
{
    [Fact]
    public async Task A_reading_that_broke_off_goes_on_where_it_stopped_and_after_an_hour_begins_anew()
    {
        using var desk = new DatabaseDesk(server, migrated: false);
        desk.Desk.Write("catalog.json", CleanCommandTests.Catalog);
        desk.Desk.Write("contacts.csv", "Email,First name,Last name,Tag,Date Registered\nm000@mail.ph,Ann,Reyes,PaidP2P,2024-01-05 10:00:00\n");
        var (refused, told) = (true, 0);
        await using var service = new ScriptedServer((request, _) =>
            refused && request.Path.EndsWith("after_id=txn_199", StringComparison.Ordinal) ? ScriptedAnswer.Json("""{"message":"gone for now"}""", 404) : ScriptedAnswer.Json(Page(request.Path)));
        Prepare(desk, service).FailedWith("404", "gone for now");
        Assert.Equal(["", "after_id=txn_099", "after_id=txn_199"], Asked());
        Assert.Equal(["200"], desk.Read("SELECT count(*)::text FROM loyalty_clean__raw.payment"));
        Assert.Empty(desk.Read("SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace('loyalty_clean__g_1') AND relkind = 'r'"));

        // It goes on, and what it comes to is what the whole list says.
        refused = false;
        Prepare(desk, service).With(0);
        Assert.Equal(["after_id=txn_199", "invoices", "invoices"], Asked());
        Assert.Equal(251, desk.Desk.Lines("out/transactions.csv").Length);
        Assert.Equal(["0"], desk.Read("SELECT count(*)::text FROM loyalty_clean__raw.payment WHERE missing_since IS NOT NULL"));

        // What was read an hour ago may have changed at the source.
        refused = true;
        Prepare(desk, service).FailedWith("404");
        desk.Read("UPDATE loyalty_clean__raw.progress SET begun_at = begun_at - interval '61 minutes'; SELECT ''");
        Asked();
        refused = false;
        Prepare(desk, service).With(0);
        Assert.Equal(["", "after_id=txn_099", "after_id=txn_199", "invoices", "invoices"], Asked());

        // What was asked for since the last time.
        string[] Asked()
        {
            string[] asked = [.. service.Seen.Skip(told).Select(static r => r.Path.StartsWith("/v2/invoices", StringComparison.Ordinal) ? "invoices" : string.Join('&', r.Path.Split('?')[1].Split('&').Skip(1)))];
            told += asked.Length;
            return asked;
        }
    }

    private static Ended Prepare(DatabaseDesk desk, ScriptedServer service) => desk.Desk.Run(
        "clean", "prepare", "--xendit", service.Url.ToString(), "--contacts", "contacts.csv", "--catalog", "catalog.json", "--postgres", desk.Owner, "--as-of", "2024-12-31", "--out", "out");

    /// <summary>A page of 250 payments, or all their invoices.</summary>
    private static string Page(string request)
    {
        if (request.StartsWith("/v2/invoices", StringComparison.Ordinal))
        {
            return request.Contains("last_invoice", StringComparison.Ordinal) ? "[]" : $"[{string.Join(',', Enumerable.Range(0, 250).Select(static i =>
                $$"""{"id":"inv_{{i:000}}","external_id":"e{{i:000}}","status":"PAID","amount":1000,"currency":"PHP","description":"Papers to Profits","payer_email":"m{{i:000}}@mail.ph"}"""))}]";
        }

        var start = request.IndexOf("txn_", StringComparison.Ordinal) is >= 0 and var at ? int.Parse(request.AsSpan(at + 4), CultureInfo.InvariantCulture) + 1 : 0;
        var items = Enumerable.Range(start, Math.Min(100, 250 - start)).Select(static i =>
            $$"""{"id":"txn_{{i:000}}","reference_id":"e{{i:000}}","type":"PAYMENT","status":"SUCCESS","amount":1000,"currency":"PHP","created":"2024-05-01T00:00:00Z","channel_category":"EWALLET"}""");
        return $$"""{"has_more":{{(start + 100 < 250 ? "true" : "false")}},"data":[{{string.Join(',', items)}}]}""";
    }
}
