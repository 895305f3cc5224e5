using System.Globalization;
using System.Text;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Rewards;
using Loyalty.Storage.Files;
using Loyalty.Storage.InMemory.Points;
using Loyalty.Storage.Points;

namespace Loyalty.Tests.Points;

/// <summary>Runs over generated files: against the naive book, in one run and in several, with the state kept in a file in between.</summary>
public sealed class PointsRunTests
{
    private static readonly DateOnly Start = new(2024, 1, 25);
    private static readonly DateTime Instant = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void Runs_agree_with_the_naive_book_on_generated_files_also_late_ones() => ForEachSeed(10_000, seed =>
    {
        var random = new Random(seed);
        var scenario = Scenario.Make(random);
        var naive = new NaiveBook(scenario.Program);
        var store = new InMemoryPointsStore();
        var rejects = new List<string>();
        var asOf = Start;
        var (orders, refunds, redemptions) = (0, 0, 0);
        for (var run = 0; run < 4; run++)
        {
            // Rows come in the order of the file, whatever their dates: late ones, and ones whose day has not come.
            var (o, f, r) = (Next(random, scenario.Orders.Count, orders, run), Next(random, scenario.Refunds.Count, refunds, run), Next(random, scenario.Redemptions.Count, redemptions, run));
            asOf = asOf.AddDays(random.Next(60));
            naive.Run(scenario.Orders[orders..o], scenario.Refunds[refunds..f], scenario.Redemptions[redemptions..r], asOf);
            var result = Run(store, scenario.Program, scenario.Orders[orders..o], scenario.Refunds[refunds..f], scenario.Redemptions[redemptions..r], asOf);
            rejects.AddRange(scenario.Redemptions[redemptions..r].Zip(result.Redemptions).Where(x => x.Second.IsRejected && x.Second.IsNew).Select(x =>
                $"{x.First.Id} {x.First.Event} {x.First.Date:O} {(x.Second.Refusal == RowRefusal.ClaimRefused ? x.Second.Claim : x.Second.Refusal)}"));
            (orders, refunds, redemptions) = (o, f, r);
            Same(naive.Lines(), Lines(store));
        }

        Same(naive.Rejects, rejects);
        Assert.Empty(Await(store.VerifyAsync()));
    });

    [Fact]
    public void Several_runs_by_date_leave_what_one_run_leaves_also_over_a_state_file() => ForEachSeed(2_000, seed =>
    {
        var random = new Random(seed);
        var scenario = Scenario.Make(random);
        var end = Start.AddDays(150);
        var one = new InMemoryPointsStore();
        Run(one, scenario.Program, scenario.Orders, scenario.Refunds, scenario.Redemptions, end);
        var several = new InMemoryPointsStore();
        var file = Path.Combine(Path.GetTempPath(), $"points-{Environment.ProcessId}-{seed}.loyalty");
        try
        {
            for (var (from, to) = (DateOnly.MinValue, Start); from < end; (from, to) = (to, to.AddDays(random.Next(1, 40))))
            {
                to = to > end ? end : to;
                bool IsNew(DateOnly date) => date > from && date <= to;
                Run(
                    several,
                    scenario.Program,
                    [.. scenario.Orders.Where(o => IsNew(o.Date))],
                    [.. scenario.Refunds.Where(f => IsNew(f.Date) || IsNew(scenario.OrderDate(f)))],
                    [.. scenario.Redemptions.Where(r => IsNew(r.Date))],
                    to);
                if (seed % 10 == 0)
                {
                    PointsSnapshot.Save(several, file);
                    several = PointsSnapshot.Load(file);
                    Assert.Empty(Await(several.VerifyAsync()));
                }

                if (to == end)
                {
                    break;
                }
            }

            Same(Lines(one), Lines(several));
        }
        finally
        {
            File.Delete(file);
        }
    });

    [Fact]
    public void A_second_run_over_the_same_files_changes_nothing() => ForEachSeed(1_000, seed =>
    {
        var random = new Random(seed);
        var scenario = Scenario.Make(random);
        var store = new InMemoryPointsStore();
        var end = Start.AddDays(random.Next(200));
        var first = Run(store, scenario.Program, scenario.Orders, scenario.Refunds, scenario.Redemptions, end);
        var before = Lines(store).ToList();
        var second = Run(store, scenario.Program, scenario.Orders, scenario.Refunds, scenario.Redemptions, end);
        Assert.Equal(0, second.EntriesNew);
        Same(before, Lines(store));
        Assert.Equal(first.Redemptions.Select(r => r with { IsNew = false }), second.Redemptions);
        Assert.All(second.Orders, o => Assert.False(o.IsNew));
    });

    internal static PointsRunResult Run(
        IPointsStore store, LoyaltyProgram program, IReadOnlyList<OrderRow> orders, IReadOnlyList<RefundRow> refunds, IReadOnlyList<RedemptionRow> redemptions, DateOnly asOf)
    {
        var session = Await(store.BeginRunAsync(program, asOf, Instant));
        session.AddOrdersAsync(orders).AsTask().GetAwaiter().GetResult();
        session.AddRefundsAsync(refunds).AsTask().GetAwaiter().GetResult();
        session.AddRedemptionsAsync(redemptions).AsTask().GetAwaiter().GetResult();
        return Await(session.CompleteAsync());
    }

    internal static T Await<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();

    internal static List<string> Lines(IPointsStore store)
    {
        var lines = new List<string>();
        var redemptions = new List<Redemption>();
        foreach (var m in store.ReadMembersAsync().ToBlockingEnumerable())
        {
            lines.AddRange(m.Enrollments.Select(e =>
                $"enrollment {m.Member} {e.Stage} {Iso(e.EnrolledAt)} {Iso(e.ExpiresAt)} {e.Status} {(e.EndedOn is { } x ? Iso(x) : "")} {Iso(e.StartedOn)} {e.StartedBy} {string.Join('|', e.Extensions.Select(x => x.Order))}"));
            lines.AddRange(m.Operations.Select(o =>
                $"operation {m.Member} {o.Sequence} {Iso(o.On)} {(o.Kind == Loyalty.Clubs.DiscountOperationKind.Add ? "add" : "remove")} {o.Stage} {o.DiscountPercent.ToString(CultureInfo.InvariantCulture)} {o.Key} {o.Cause}"));
            lines.AddRange(m.Entries.Select(e => $"entry {m.Member} {e.Sequence} {e.Kind} {e.Points} {e.Balance} {Iso(e.EffectiveOn)} {e.Key}"));
            if (m.HasOrdered)
            {
                lines.Add($"balance {m.Member} {m.Balance} {m.Lifetime} {m.CumulativeDays}");
            }

            redemptions.AddRange(m.Redemptions);
        }

        lines.AddRange(redemptions.OrderBy(r => r.Id, StringComparer.Ordinal).Select(r =>
            $"redemption {r.Id} {r.Member} {r.Reward} {Iso(r.ClaimedOn)} {r.Status} {Iso(r.ChangedOn)} {r.Points} {r.Level}"));
        return lines;
    }

    private static string Iso(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static int Next(Random random, int count, int from, int run) => run == 3 ? count : random.Next(from, count + 1);

    internal static void Same(IEnumerable<string> expected, IEnumerable<string> found)
    {
        // A member without anything to show may be known to one side only.
        var (a, b) = (expected.ToList(), found.ToList());
        for (var i = 0; i < Math.Max(a.Count, b.Count); i++)
        {
            if (i >= a.Count || i >= b.Count || a[i] != b[i])
            {
                Assert.Fail($"line {i}: expected '{(i < a.Count ? a[i] : "")}', found '{(i < b.Count ? b[i] : "")}'; before it '{(i > 0 ? a[i - 1] : "")}'");
            }
        }
    }

    internal static void ForEachSeed(int count, Action<int> run) => Parallel.For(0, count, seed =>
    {
        try
        {
            run(seed);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"seed {seed}: {e.Message}", e);
        }
    });

    internal sealed record Scenario(LoyaltyProgram Program, List<OrderRow> Orders, List<RefundRow> Refunds, List<RedemptionRow> Redemptions)
    {
        public DateOnly OrderDate(RefundRow refund) => Orders.First(o => o.Id == refund.Order).Date is var date && date > refund.Date ? date : refund.Date;

        public static Scenario Make(Random random)
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
                var claim = redemptions.Find(r => r.Id == id && r.Event == RedemptionEvent.Claimed);
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
        public static LoyaltyProgram Vary(Random random, LoyaltyProgram program)
        {
            var json = System.Text.Json.Nodes.JsonNode.Parse(program.Json.Span)!.AsObject();
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
}
