using System.Text.Json;

namespace Loyalty.Tests.Host.Points;

/// <summary>F05, F06, F14: refunds over their order are told; keys and customers of points.</summary>
public sealed class RefundsOverOrderTests
{
    private const string Program = """
        { "tenant": "t", "currency": "USD", "timeZone": "America/New_York", "club": { "stages": [ { "name": "Club", "discountPercent": 10, "months": 12, "minimumPurchase": 0 } ] },
          "points": { "perUnit": 1, "bonusPercent": 10, "minimumMembershipDays": 0, "value": 0.01, "rounding": "down", "negative": "clamp", "expiry": "none" } }
        """;

    [Fact]
    public void P02_F14_A_refund_over_its_order_is_taken_and_capped_and_told()
    {
        using var desk = new Desk();
        desk.Write("program.json", Program);
        desk.Write("orders.csv", "order_id,customer,date,amount\no1,ann,2025-01-01,99.99\no2,ann,2025-01-01,0\no3,ann,2025-01-01,10\n");
        desk.Write("refunds.csv", "id,order_id,date,amount\nf1,o1,2025-01-05,33.33\nf2,o1,2025-01-06,33.33\nf3,o1,2025-01-07,33.33\nf4,o1,2025-01-08,50\nf1,o1,2025-01-05,33.33\nf5,o2,2025-01-08,5\nf6,o3,2025-01-08,10\n");
        var ended = Run(desk).With(0);
        Assert.Contains("refunds over their order: 2 asked for more than was left", ended.Error, StringComparison.Ordinal);
        Assert.Equal(2, Summary(desk).GetProperty("refunds_over_order").GetInt32());
        Assert.Equal(0, Summary(desk).GetProperty("points_outstanding").GetInt32());
        Run(desk).With(0);
        Assert.Equal(0, Summary(desk).GetProperty("refunds_over_order").GetInt32());
    }

    [Fact]
    public void F14_An_order_that_earned_nothing_has_its_amount_too()
    {
        using var desk = new Desk();
        desk.Write("program.json", Program.Replace("\"minimumMembershipDays\": 0", "\"minimumMembershipDays\": 365", StringComparison.Ordinal));
        desk.Write("orders.csv", "order_id,customer,date,amount\no1,ann,2025-01-01,100\n");
        desk.Write("refunds.csv", "id,order_id,date,amount\nf1,o1,2025-01-05,60\n");
        Assert.DoesNotContain("refunds over", Run(desk).With(0).Error, StringComparison.Ordinal);
        desk.Write("refunds.csv", "id,order_id,date,amount\nf1,o1,2025-01-05,60\nf2,o1,2025-01-06,40\nf3,o1,2025-01-07,1\n");
        Run(desk).With(0);
        Assert.Equal(1, Summary(desk).GetProperty("refunds_over_order").GetInt32());
    }

    [Fact]
    public void F05_Keys_that_a_spreadsheet_changed_are_rejected_and_mended_ones_are_one()
    {
        using var desk = new Desk();
        desk.Write("program.json", Program);
        desk.Write("orders.csv", "order_id,customer,date,amount\n5.00124E+12,ann,2025-01-01,5\n5002.0,ann,2025-01-01,5\n5002,ann,2025-01-01,5\n7,5.1E+10,2025-01-01,5\n");
        desk.Write("refunds.csv", "id,order_id,date,amount\nf1,5002.0,2025-01-05,5\nf2,5.00124E+12,2025-01-05,5\n1E+12,5002,2025-01-05,5\n");
        Run(desk).With(0);
        Assert.Equal(
            [
                "orders.csv,2,order_id,changed by a spreadsheet,5.00124E+12", "orders.csv,5,customer,changed by a spreadsheet,5.1E+10",
                "refunds.csv,3,order_id,changed by a spreadsheet,5.00124E+12", "refunds.csv,4,id,changed by a spreadsheet,1E+12",
            ],
            desk.Lines("out/rejects.csv").Skip(1).Select(static l => string.Join(',', l.Split(',').Take(5))));
        Assert.Equal((1, 1, 2), (Count(desk, "rows_unchanged"), Count(desk, "members_total"), Count(desk, "rows_new")));
    }

    [Theory]
    [InlineData("", "2")]
    [InlineData("\"customers\": \"exact\",", "2")]
    [InlineData("\"customers\": \"email\",", "1")]
    public void F06_Customers_are_exact_unless_the_program_says_that_they_are_e_mails(string customers, string members)
    {
        using var desk = new Desk();
        desk.Write("program.json", Program.Replace("{ \"tenant\"", "{ " + customers + "\"tenant\"", StringComparison.Ordinal));
        desk.Write("orders.csv", "order_id,customer,date,amount\n1,ann@x.test,2025-01-01,5\n2, mailto:Ann@X.test,2025-01-02,5\n");
        desk.Write("refunds.csv", "id,order_id,date,amount\n");
        Run(desk).With(0);
        Assert.Equal(int.Parse(members, System.Globalization.CultureInfo.InvariantCulture), Count(desk, "members_total"));
    }

    private static Ended Run(Desk desk) => desk.Run(
        "points", "--program", "program.json", "--orders", "orders.csv", "--refunds", "refunds.csv", "--as-of", "2025-02-01", "--state", "state", "--out", "out");

    private static int Count(Desk desk, string name) => Summary(desk).GetProperty(name).GetInt32();

    private static JsonElement Summary(Desk desk) => JsonDocument.Parse(desk.Read("out/summary.json")).RootElement;
}
