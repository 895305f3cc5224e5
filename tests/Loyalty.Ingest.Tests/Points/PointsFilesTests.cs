using System.Text;
using Loyalty.Ingest;
using Loyalty.Ingest.Points;
using Loyalty.Messages;
using Loyalty.Money;
using Loyalty.Points.Runs;
using Loyalty.Rewards;

namespace Loyalty.Tests.Ingest.Points;

public sealed class PointsFilesTests : IDisposable
{
    private static readonly Currency Usd = Currency.Get("USD");

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"points-{Guid.NewGuid():N}.csv");

    public void Dispose() => File.Delete(_path);

    private string Write(string text)
    {
        File.WriteAllText(_path, text);
        return _path;
    }

    private static List<string> Rejects<T>(PointsFile<T> file, Func<int, (string, int)>? refusals = null)
        where T : struct
    {
        var rejects = new List<string>();
        file.ReportRejects(refusals ?? (static _ => (string.Empty, 0)), (in Reject r) =>
            rejects.Add($"{r.Line} {r.Column} {r.Reason} [{Encoding.UTF8.GetString(r.Value)}] {Encoding.UTF8.GetString(r.Raw)}"));
        return rejects;
    }

    [Fact]
    public void Orders_are_read_in_any_column_order_with_identifiers_trimmed()
    {
        var file = PointsFiles.ReadOrders(Write("\uFEFFAmount,Date,note, Customer ,ORDER_ID\r\n10.50,2025-01-02,\"a,b\", Ann@x.com ,007\r\n\r\n0,2025-01-03,,bob,1E5\r\n"), Usd);
        Assert.Equal(
            [new OrderRow("007", "Ann@x.com", new(2025, 1, 2), 1_050), new OrderRow("1E5", "bob", new(2025, 1, 3), 0)],
            file.Rows);
        Assert.Equal(["note"], file.UnknownColumns);
        Assert.Equal((2L, 0L), (file.RowsRead, file.RowsFaulty));
    }

    [Fact]
    public void Faulty_rows_are_rejected_with_the_first_faulty_column_and_their_text()
    {
        var file = PointsFiles.ReadOrders(
            Write("order_id,customer,date,amount\n,ann,2025-01-01,1\n2,\" \",x,1\n3,ann,05.03.2024,1\n4,ann,,1\n5,ann,2025-02-30,1\n6,ann,2025-01-01,1.234\n7,ann,2025-01-01\n8,ann,2025-01-01,1\n"),
            Usd);
        Assert.Equal("8", Assert.Single(file.Rows).Id);
        Assert.Equal(
            [
                "2 order_id blank [] ,ann,2025-01-01,1", "3 customer blank [ ] 2,\" \",x,1", "4 date invalid [05.03.2024] 3,ann,05.03.2024,1",
                "5 date blank [] 4,ann,,1", "6 date invalid [2025-02-30] 5,ann,2025-02-30,1", "7 amount invalid [1.234] 6,ann,2025-01-01,1.234",
                "8  invalid [] 7,ann,2025-01-01",
            ],
            Rejects(file));
    }

    /// <summary>Also trap L12: what is no exact amount never reaches a ledger.</summary>
    [Theory]
    [InlineData("10", 1_000L)]
    [InlineData("10.5", 1_050L)]
    [InlineData("010.50", 1_050L)]
    [InlineData("92233720368547758.07", long.MaxValue)]
    [InlineData("92233720368547758.08", null)]
    [InlineData("99999999999999999999999999999", null)]
    [InlineData("10.500", null)]
    [InlineData("-1", null)]
    [InlineData("+1", null)]
    [InlineData("1,000", null)]
    [InlineData("12,5", null)]
    [InlineData("$1", null)]
    [InlineData("1e5", null)]
    [InlineData("NaN", null)]
    [InlineData("1.", null)]
    [InlineData(".5", null)]
    [InlineData("\u22121", null)]
    [InlineData("\uFF11", null)]
    public void L12_An_amount_is_a_plain_decimal_with_at_most_the_currencys_digits(string cell, long? minor)
    {
        var file = PointsFiles.ReadOrders(Write($"order_id,customer,date,amount\n1,ann,2025-01-01,\"{cell}\"\n"), Usd);
        Assert.Equal(minor, file.Rows.Count == 0 ? null : file.Rows[0].Amount);
    }

    [Fact]
    public void An_identifier_longer_than_a_store_can_keep_is_invalid()
    {
        var (fits, fitsNot) = (new string('é', 512), new string('é', 512) + "e");
        var file = PointsFiles.ReadOrders(Write($"order_id,customer,date,amount\n{fits},{fits},2025-01-01,1\n{fitsNot},ann,2025-01-01,1\n2,{fitsNot},2025-01-01,1\n"), Usd);
        Assert.Equal([new OrderRow(fits, fits, new(2025, 1, 1), 100)], file.Rows);
        Assert.Equal(
            [$"3 order_id invalid [{fitsNot}] {fitsNot},ann,2025-01-01,1", $"4 customer invalid [{fitsNot}] 2,{fitsNot},2025-01-01,1"], Rejects(file));
    }

    [Fact]
    public void A_refund_of_nothing_is_invalid()
    {
        var file = PointsFiles.ReadRefunds(Write("id,order_id,date,amount\n1,7,2025-01-01,0\n2,7,2025-01-01,0.01\n"), Usd);
        Assert.Equal([new RefundRow("2", "7", new(2025, 1, 1), 1)], file.Rows);
        Assert.Equal(["2 amount invalid [0] 1,7,2025-01-01,0"], Rejects(file));
    }

    [Fact]
    public void Redemptions_have_an_optional_event()
    {
        Assert.Equal(
            [new RedemptionRow("1", "ann", new(2025, 1, 1), "tote", RedemptionEvent.Claimed)],
            PointsFiles.ReadRedemptions(Write("id,customer,date,reward\n1,ann,2025-01-01,tote\n")).Rows);
        var file = PointsFiles.ReadRedemptions(Write(
            "id,customer,date,reward,event\n1,ann,2025-01-01,tote,\n1,ann,2025-01-01,tote,claimed\n1,ann,2025-01-01,tote,fulfilled\n1,ann,2025-01-01,tote,concluded\n"
            + "1,ann,2025-01-01,tote,cancelled\n1,ann,2025-01-01,tote,rejected\n1,ann,2025-01-01,tote,refunded\n1,ann,2025-01-01,tote,lost\n"));
        Assert.Equal(
            [RedemptionEvent.Claimed, RedemptionEvent.Claimed, RedemptionEvent.Fulfilled, RedemptionEvent.Concluded, RedemptionEvent.Cancelled, RedemptionEvent.Rejected, RedemptionEvent.Refunded],
            file.Rows.Select(r => r.Event));
        Assert.Equal(["9 event invalid [lost] 1,ann,2025-01-01,tote,lost"], Rejects(file));
    }

    [Fact]
    public void Preferences_stand_for_all_where_they_are_blank()
    {
        var file = PointsFiles.ReadPreferences(Write("customer,kind,channel,allowed\nann,,,false\nann,expiry-warning,sms,TRUE\nann,weather,,true\n,,,true\nann,,,\nann,,,perhaps\n"));
        Assert.Equal([new MessagePreference("ann", null, null, false), new MessagePreference("ann", MessageKind.ExpiryWarning, "sms", true)], file.Rows);
        Assert.Equal(
            ["4 kind invalid [weather] ann,weather,,true", "5 customer blank [] ,,,true", "6 allowed blank [] ann,,,", "7 allowed invalid [perhaps] ann,,,perhaps"],
            Rejects(file));
    }

    [Fact]
    public void Rows_refused_later_are_reported_among_the_others_in_order_of_lines()
    {
        var file = PointsFiles.ReadRedemptions(Write("id,reward,customer,date\n1,tote,ann,2025-01-01\n2,,ann,2025-01-01\n3,cup,ann,2025-01-01\n"));
        Assert.Equal(
            ["3 reward blank [] 2,,ann,2025-01-01", "4 reward out-of-stock [cup] 3,cup,ann,2025-01-01"],
            Rejects(file, row => row == 1 ? ("out-of-stock", 3) : (string.Empty, 0)));
    }

    [Fact]
    public void A_file_that_changes_before_its_rejects_are_reported_is_refused()
    {
        var file = PointsFiles.ReadOrders(Write("order_id,customer,date,amount\n1,ann,2025-01-01,x\n"), Usd);
        Write("order_id,customer,date,amount\n1,ann,2025-01-01,y\n");
        Assert.Equal(SourceFault.Changed, Assert.Throws<SourceException>(() => Rejects(file)).Fault);
    }

    [Fact]
    public void A_missing_column_names_what_is_missing() =>
        Assert.Contains("'amount'", Assert.Throws<SourceException>(() => PointsFiles.ReadOrders(Write("order_id,customer,date\n"), Usd)).Message, StringComparison.Ordinal);
}
