using FsCheck;
using FsCheck.Fluent;
using Loyalty.Programs;
using Loyalty.Storage;
using Loyalty.Tests.Tiers;

namespace Loyalty.Tests.Storage;

/// <summary>The in-memory store against the rule book, on generated programs and histories. FsCheck prints the seed of what fails.</summary>
public sealed class HistoryPropertyTests
{
    private static readonly Config Config = Config.QuickThrowOnFailure.WithMaxTest(10_000).WithEndSize(40);

    /// <summary>
    /// Standings, totals, progress, decisions, missions, marks of later data, counts of rows; verification finds nothing; a snapshot is read
    /// back as it was written.
    /// </summary>
    [Fact]
    public void W05_The_store_equals_a_date_by_date_review_that_recomputes_everything() =>
        Check.One(Config, Prop.ForAll(History.Any, history =>
        {
            var store = new InMemoryStore();
            var oracle = new NaiveStore();
            var programs = history.Programs.Select(p => LoyaltyProgram.Parse(p.ToJson())).ToArray();
            foreach (var run in history.Runs)
            {
                var rules = history.Programs[run.Program];
                var (outcome, rejected) = Drive.SyncAll(store, programs[run.Program], run);
                var expected = oracle.Run(rules, run.AsOf, run.Videos, run.Corrections);

                var counts = outcome.Activities + outcome.Adjustments;
                Assert.Equal(expected.Inserted, counts.Inserted);
                Assert.Equal(expected.Updated, counts.Updated);
                Assert.Equal(expected.Unchanged, counts.Unchanged);
                Assert.Equal(expected.Superseded, counts.Superseded);
                Assert.Equal(expected.Rejected, rejected);
                Assert.Equal(run.Videos.Length + run.Corrections.Length, counts.Total + rejected.Length);
                Assert.Equal(expected.Created, outcome.MembersCreated);
                Assert.Equal(oracle.Members.Count, outcome.MembersTotal);
                Assert.Equal(expected.Completed, outcome.MissionsCompleted);
                Assert.Equal(
                    expected.Rulings.Select(r => $"{r.Handle} {Drive.Show(r.Ruling)}"), outcome.Decisions.Select(d => $"{d.Handle} {Drive.Show(d.Decision)}"));
                Assert.Equal(outcome.Decisions.Count, outcome.Promoted + outcome.Kept + outcome.Demoted + outcome.GraceStarted);
                Assert.Equal(Drive.Show(oracle, rules, run.AsOf), Drive.Show(store));
                CheckVerification(store, oracle);
                CheckWindows(oracle, store);
            }

            var bytes = Drive.Bytes(store);
            Assert.Equal(bytes, Drive.Bytes(Drive.Reload(bytes)));
        }));

    /// <summary>The same data, reviewed on every date or once: everything that is kept is the same, byte for byte.</summary>
    [Fact]
    public void Daily_runs_and_one_late_run_decide_the_same() =>
        Check.One(Config.WithEndSize(20), Prop.ForAll(History.Any, history =>
        {
            var program = LoyaltyProgram.Parse(history.Programs[0].ToJson());
            var data = All(history);
            var last = history.Runs[^1].AsOf;
            var late = new InMemoryStore();
            Drive.Sync(late, program, data with { AsOf = last });

            var daily = new InMemoryStore();
            var first = history.Runs[0].AsOf;
            for (var date = first; date <= last; date = date.AddDays(1))
            {
                Drive.Sync(daily, program, date == first ? data with { AsOf = date } : new Run(0, date, [], []));
            }

            Assert.Equal(Drive.Show(late), Drive.Show(daily));
            Assert.Equal(Drive.Bytes(late), Drive.Bytes(daily));
        }));

    [Fact]
    public void W07_A_second_run_of_the_same_file_changes_nothing() =>
        Check.One(Config, Prop.ForAll(History.Any, history =>
        {
            var store = new InMemoryStore();
            foreach (var run in history.Runs)
            {
                var program = LoyaltyProgram.Parse(history.Programs[run.Program].ToJson());
                var (_, rejected) = Drive.SyncAll(store, program, run);
                var before = Drive.Bytes(store);
                var (outcome, rejectedAgain) = Drive.SyncAll(store, program, run);
                var counts = outcome.Activities + outcome.Adjustments;
                Assert.Equal((0, 0, 0, 0), (counts.Inserted, counts.Updated, outcome.Decisions.Count, outcome.MembersCreated));
                Assert.Equal(rejected, rejectedAgain);
                Assert.Equal(before, Drive.Bytes(store));
            }
        }));

    [Fact]
    public void W04_Neither_the_order_of_rows_nor_the_size_of_batches_matters() =>
        Check.One(Config, Prop.ForAll(History.Any, Gen.Choose(0, int.MaxValue).ToArbitrary(), (history, seed) =>
        {
            var random = new Random(seed);
            var straight = new InMemoryStore();
            var mixed = new InMemoryStore();
            foreach (var run in history.Runs)
            {
                var program = LoyaltyProgram.Parse(history.Programs[run.Program].ToJson());

                // Of several rows with one key the last wins, so only rows with different keys change places.
                var videos = run.Videos.Reverse().DistinctBy(v => v.Key).ToArray();
                var corrections = run.Corrections.Reverse().DistinctBy(c => c.Id).ToArray();
                var one = Drive.Sync(straight, program, run with { Videos = videos, Corrections = corrections });
                random.Shuffle(videos);
                random.Shuffle(corrections);
                var other = Drive.Sync(mixed, program, run with { Videos = videos, Corrections = corrections }, random.Next(1, 5));
                Assert.Equal((one.Activities, one.Adjustments), (other.Activities, other.Adjustments));
                Assert.Equal(
                    one.Decisions.Select(d => $"{d.Handle} {Drive.Show(d.Decision)}"), other.Decisions.Select(d => $"{d.Handle} {Drive.Show(d.Decision)}"));
                Assert.Equal(Drive.Show(straight), Drive.Show(mixed));
            }
        }));

    [Fact]
    public void A_session_that_is_not_completed_leaves_no_trace() =>
        Check.One(Config, Prop.ForAll(History.Any, Gen.Choose(0, 3).ToArbitrary(), (history, steps) =>
        {
            var store = new InMemoryStore();
            var undisturbed = new InMemoryStore();
            foreach (var run in history.Runs)
            {
                var program = LoyaltyProgram.Parse(history.Programs[run.Program].ToJson());
                var before = Drive.Bytes(store);
                AbandonAsync(store, program, run, steps).GetAwaiter().GetResult();
                Assert.Equal(before, Drive.Bytes(store));
                Drive.Sync(store, program, run);
                Drive.Sync(undisturbed, program, run);
                Assert.Equal(Drive.Bytes(undisturbed), Drive.Bytes(store));
            }
        }));

    private static async Task AbandonAsync(InMemoryStore store, LoyaltyProgram program, Run run, int steps)
    {
        await using var session = await store.BeginSyncAsync(program, run.AsOf);
        if (steps > 0)
        {
            await Drive.ApplyAsync(session, steps > 1 ? run : run with { Corrections = [] }, batchSize: 2);
        }

        if (steps > 2)
        {
            await session.ReviewAsync();
            await foreach (var member in session.ReadMembersAsync())
            {
                Assert.NotNull(member);
            }
        }
    }

    private static Run All(History history) => new(
        0, history.Runs[^1].AsOf, [.. history.Runs.SelectMany(r => r.Videos)], [.. history.Runs.SelectMany(r => r.Corrections)]);

    private static void CheckVerification(InMemoryStore store, NaiveStore oracle)
    {
        var verification = store.VerifyAsync().AsTask().GetAwaiter().GetResult();
        Assert.Empty(verification.Differences);
        Assert.Equal(oracle.Members.Sum(m => m.Rulings.Count), verification.Decisions);
        Assert.Equal(
            oracle.Members.OrderBy(m => m.Handle, StringComparer.Ordinal).SelectMany(m => m.Rulings.Where(r => r.LaterData).Select(r => (m.Handle, r.Date, (r.Activity + r.Adjustments) * r.Scale))),
            verification.LaterData.Select(l => (l.Handle, l.Date, (decimal)l.Recorded)));
    }

    /// <summary>The windows that closed and the one that is open follow each other without gap or overlap from the joined date on.</summary>
    private static void CheckWindows(NaiveStore oracle, InMemoryStore store)
    {
        foreach (var member in oracle.Members.Where(m => !m.Rulings.Exists(r => r.IsLifetime)))
        {
            var detail = store.FindMemberAsync(member.Handle).AsTask().GetAwaiter().GetResult()!;
            var next = detail.Progress.Standing.Joined;
            foreach (var decision in detail.Decisions.Where(d => d.Kind != Loyalty.Tiers.DecisionKind.GraceStarted))
            {
                Assert.Equal(next, decision.Measured.Start);
                Assert.NotNull(decision.Measured.End);
                next = decision.Measured.End.Value;
            }

            Assert.Equal(next, detail.Progress.Standing.Window.Start);
        }
    }
}
