using System.Globalization;
using System.Text;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Rewards;

namespace Loyalty.Testing.Points;

/// <summary>A generated program with the rows of its files.</summary>
internal sealed record PointsScenario(LoyaltyProgram Program, List<OrderRow> Orders, List<RefundRow> Refunds, List<RedemptionRow> Redemptions)
{
    public static DateOnly Start { get; } = new(2024, 1, 25);

    public DateOnly OrderDate(RefundRow refund) => Orders.First(o => string.Equals(o.Id, refund.Order, StringComparison.Ordinal)).Date is var date && date > refund.Date ? date : refund.Date;

    public static PointsScenario Make(Random random)
    {
        var program = AnyProgram(random);
        var members = Enumerable.Range(0, random.Next(1, 5)).Select(i => $"m{i}").ToArray();
        var orders = new List<OrderRow>();
        for (var i = 0; i < random.Next(5, 40); i++)
        {
            orders.Add(new($"o{i}", members[random.Next(members.Length)], Start.AddDays(random.Next(150)), random.Next(4) == 0 ? 30_000 : random.Next(0, 50_000)));
        }

        var refunds = new List<RefundRow>();
        for (var i = 0; i < random.Next(0, 15); i++)
        {
            var order = orders[random.Next(orders.Count)];
            refunds.Add(new($"x{i}", order.Id, order.Date.AddDays(random.Next(-10, 60)), random.Next(1, 40_000)));
        }

        var redemptions = new List<RedemptionRow>();
        for (var i = 0; i < random.Next(0, 40); i++)
        {
            var id = $"r{random.Next(15)}";
            var date = Start.AddDays(random.Next(150));
            var claim = redemptions.Find(r => string.Equals(r.Id, id, StringComparison.Ordinal) && r.Event == RedemptionEvent.Claimed);
            if (claim.Id is null)
            {
                redemptions.Add(new(id, members[random.Next(members.Length)], date, $"gift{random.Next(7)}", RedemptionEvent.Claimed));
            }
            else
            {
                redemptions.Add(new(
                    id, random.Next(20) == 0 ? "m0" : claim.Customer, claim.Date.AddDays(random.Next(-2, 50)), claim.Reward, (RedemptionEvent)random.Next(1, 6)));
            }
        }

        return new(program, orders, refunds, redemptions);
    }

    /// <summary>The program with bounds on earning, with refunds refused above the order, or without its club; or as it is.</summary>
    public static LoyaltyProgram Vary(Random random, LoyaltyProgram program, string tenant = "t")
    {
        var json = System.Text.Json.Nodes.JsonNode.Parse(program.Json.Span)!.AsObject();
        json["tenant"] = tenant;
        if (random.Next(3) == 0)
        {
            json["points"]!["caps"] = System.Text.Json.Nodes.JsonNode.Parse(random.Next(4) switch
            {
                0 => """{"perOrder":150}""",
                1 => """{"perPeriod":{"points":400,"period":"month"}}""",
                2 => """{"perPeriod":{"points":900,"period":"quarter"},"perOrder":300}""",
                _ => """{"budget":2000}""",
            });
        }

        if (random.Next(3) == 0)
        {
            json["points"]!["refundExcess"] = "refuse";
        }

        if (random.Next(4) == 0)
        {
            json.Remove("club");
            foreach (var reward in json["rewards"]!.AsArray())
            {
                reward!.AsObject().Remove("levels");
            }
        }

        return LoyaltyProgram.Parse(json.ToJsonString());
    }

    private static LoyaltyProgram AnyProgram(Random random)
    {
        ReadOnlySpan<string> expiries =
        [
            "\"none\"", """{"kind":"fixed","months":1}""", """{"kind":"fixed","days":20}""", """{"kind":"calendar","period":"month"}""",
            """{"kind":"calendar","period":"quarter"}""", """{"kind":"inactivity","days":25}""", """{"kind":"inactivity","months":1}""",
        ];
        ReadOnlySpan<string> limits = ["\"none\"", "\"once\"", "\"once-per-achievement\"", """{"count":2,"per":"week"}""", """{"count":1,"per":"month"}"""];
        var rewards = new StringBuilder();
        for (var i = 0; i < 6; i++)
        {
            rewards.Append(CultureInfo.InvariantCulture, $$"""
                {{(i > 0 ? "," : "")}} {"id":"gift{{i}}","kind":"event","points":{{random.Next(0, 300)}},"limit":{{limits[random.Next(limits.Length)]}}
                {{(random.Next(2) == 0 ? $",\"stock\":{random.Next(1, 4)}" : "")}}
                {{(random.Next(3) == 0 ? ",\"levels\":[\"Silver\"]" : "")}}
                {{(random.Next(4) == 0 ? ",\"available\":{\"start\":\"2024-02-15\",\"end\":\"2024-05-01\"}" : "")}} }
                """);
        }

        return LoyaltyProgram.Parse(string.Create(CultureInfo.InvariantCulture, $$"""
            {"tenant":"t","currency":"USD","timeZone":"Etc/UTC",
             "club":{"stages":[{"name":"Bronze","discountPercent":5,"months":1,"minimumPurchase":{{random.Next(3) * 100}}},
                               {"name":"Silver","discountPercent":10,"months":{{random.Next(1, 4)}},"minimumPurchase":300},
                               {"name":"Gold","discountPercent":12.5,"months":2,"minimumPurchase":450}]},
             "points":{"perUnit":{{random.Next(1, 9) / 4m}},"bonusPercent":{{random.Next(3) * 12.5m}},"minimumMembershipDays":{{random.Next(3) * random.Next(30)}},"value":0.015,
                       "rounding":"{{(random.Next(3) switch { 0 => "down", 1 => "nearest", _ => "up" })}}",
                       "negative":"{{(random.Next(2) == 0 ? "clamp" : "allow-negative")}}","negativeLimit":{{random.Next(0, 300)}},"expiry":{{expiries[random.Next(expiries.Length)]}}},
             "rewards":[{{rewards}}]}
            """));
    }
}
