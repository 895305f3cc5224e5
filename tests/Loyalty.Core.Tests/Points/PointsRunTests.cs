using System.Globalization;
using System.Text;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Rewards;
using Loyalty.Storage.Files;
using Loyalty.Storage.InMemory.Points;
using Loyalty.Storage.Points;
using Loyalty.Tests.Storage;

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
        var scenario = PointsScenario.Make(random);
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
        var scenario = PointsScenario.Make(random);
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
        var scenario = PointsScenario.Make(random);
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
        var result = Await(session.CloseDaysAsync());
        session.CommitAsync().AsTask().GetAwaiter().GetResult();
        return result;
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
}
