using System.Globalization;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Loyalty.Programs;
using Loyalty.Storage.InMemory.Members;
using Loyalty.Storage.Members;
using Loyalty.Tests.Tiers;

namespace Loyalty.Tests.Storage;

/// <summary>The in-memory store against the rule book, on generated programs and histories. FsCheck prints the seed of what fails.</summary>
[Properties(MaxTest = 10_000, EndSize = 40, Arbitrary = [typeof(Histories)])]
public sealed class HistoryPropertyTests
{
    /// <summary>
    /// Standings, totals, progress, decisions, missions, marks of later data, counts of rows; verification finds nothing; a snapshot is read
    /// back as it was written.
    /// </summary>
    [Property]
    public void W05_The_store_equals_a_date_by_date_review_that_recomputes_everything(History history)
    {
        var store = new InMemoryMemberStore();
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
            Assert.Equal(
                outcome.Decisions.Select(static d => $"{d.Handle} {d.Decision}"), Enumerable.Range(0, outcome.Decisions.Count).Select(i => $"{outcome.Decisions[i].Handle} {outcome.Decisions[i].Decision}"));
            Assert.Equal(outcome.Promoted, outcome.Decisions.LongCount(static d => d.Decision.Kind == Loyalty.Tiers.DecisionKind.Promoted));
            Assert.Equal(outcome.Kept, outcome.Decisions.LongCount(static d => d.Decision.Kind == Loyalty.Tiers.DecisionKind.Kept));
            Assert.Equal(outcome.Demoted, outcome.Decisions.LongCount(static d => d.Decision.Kind == Loyalty.Tiers.DecisionKind.Demoted));
            Assert.Equal(Drive.Show(oracle, rules, run.AsOf), Drive.Show(store));
            CheckVerification(store, oracle);
            CheckWindows(oracle, store);
        }

        var bytes = Drive.Bytes(store);
        Assert.Equal(bytes, Drive.Bytes(Drive.Reload(bytes)));
    }

    /// <summary>Keys of every form, so that some are kept as numbers and some that look alike are not.</summary>
    [Property(MaxTest = 3_000)]
    public void A_store_without_texts_decides_and_counts_the_same(History history)
    {
        var (with, without) = (new InMemoryMemberStore(), new InMemoryMemberStore { KeepsTexts = false });
        foreach (var run in history.Runs.Select(r => r with { Videos = [.. r.Videos.Select(v => v with { Key = Form(int.Parse(v.Key, CultureInfo.InvariantCulture)) })] }))
        {
            var program = LoyaltyProgram.Parse(history.Programs[run.Program].ToJson());
            var (expected, rejected) = Drive.SyncAll(with, program, run with { Videos = [.. run.Videos.Select(v => v with { Title = string.Empty })] });
            var (outcome, alsoRejected) = Drive.SyncAll(without, program, run, batchSize: 3);
            Assert.Equal(expected.Activities, outcome.Activities);
            Assert.Equal(expected.Adjustments, outcome.Adjustments);
            Assert.Equal(rejected, alsoRejected);
            Assert.Equal(expected.Decisions.Count, outcome.Decisions.Count);
            Assert.Equal(Drive.Show(with), Drive.Show(without));
        }

        static string Form(int n) => (n % 6) switch
        {
            0 => $"{(n / 6) - 1}",
            1 => $"0{n / 6}",
            2 => $"{(ulong)long.MaxValue - 3 + ((ulong)n / 6)}",
            3 => $"1844674407370955161{n / 6 % 10}",
            4 => $"https://example.com/clip/{n / 6}",
            _ => $"{n / 6}a",
        };
    }

    /// <summary>The same data, reviewed on every date or once: everything that is kept is the same, byte for byte.</summary>
    [Property(EndSize = 20)]
    public void Daily_runs_and_one_late_run_decide_the_same(History history)
    {
        var program = LoyaltyProgram.Parse(history.Programs[0].ToJson());
        var data = All(history);
        var last = history.Runs[^1].AsOf;
        var late = new InMemoryMemberStore();
        Drive.Sync(late, program, data with { AsOf = last });

        var daily = new InMemoryMemberStore();
        var first = history.Runs[0].AsOf;
        for (var date = first; date <= last; date = date.AddDays(1))
        {
            Drive.Sync(daily, program, date == first ? data with { AsOf = date } : new Run(0, date, [], []));
        }

        Assert.Equal(Drive.Show(late), Drive.Show(daily));
        Assert.Equal(Drive.Bytes(late), Drive.Bytes(daily));
    }

    [Property]
    public void W07_A_second_run_of_the_same_file_changes_nothing(History history)
    {
        var store = new InMemoryMemberStore();
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
    }

    [Property]
    public void W04_Neither_the_order_of_rows_nor_the_size_of_batches_matters(History history, Seed seed)
    {
        var random = new Random(seed.Value);
        var straight = new InMemoryMemberStore();
        var mixed = new InMemoryMemberStore();
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
    }

    [Property]
    public void A_session_that_is_not_completed_leaves_no_trace(History history, SessionSteps steps)
    {
        var store = new InMemoryMemberStore();
        var undisturbed = new InMemoryMemberStore();
        foreach (var run in history.Runs)
        {
            var program = LoyaltyProgram.Parse(history.Programs[run.Program].ToJson());
            var before = Drive.Bytes(store);
            AbandonAsync(store, program, run, steps.Count).GetAwaiter().GetResult();
            Assert.Equal(before, Drive.Bytes(store));
            Drive.Sync(store, program, run);
            Drive.Sync(undisturbed, program, run);
            Assert.Equal(Drive.Bytes(undisturbed), Drive.Bytes(store));
        }
    }

    /// <summary>The properties are worth what the histories reach.</summary>
    [Fact]
    public void The_generated_histories_reach_every_case_often()
    {
        var reached = new Dictionary<string, int>();
        foreach (var history in Histories.Any.Generator.Sample(4_000, 30))
        {
            var oracle = new NaiveStore();
            var seen = new HashSet<string>();
            var program = history.Runs[0].Program;
            foreach (var run in history.Runs)
            {
                var rules = history.Programs[run.Program];
                var outcome = oracle.Run(rules, run.AsOf, run.Videos, run.Corrections);
                seen.UnionWith(outcome.Rulings.Select(r => r.Ruling.Kind + (r.Ruling.IsLifetime ? " lifetime" : "")));
                seen.UnionWith(outcome.Rulings.Where(r => r.Ruling.Activity + r.Ruling.Adjustments == r.Ruling.ThresholdAfter).Select(r => r.Ruling.Kind + " on the threshold"));
                seen.UnionWith(outcome.Rulings.GroupBy(r => (r.Handle, r.Ruling.Date)).Where(g => g.Count() > 1).Select(_ => "two decisions on one date"));
                seen.Add(rules.Anchor);
                Note(outcome.Updated > 0, "updated");
                Note(outcome.Unchanged > 0, "unchanged");
                Note(outcome.Superseded > 0, "superseded");
                Note(outcome.Rejected.Length > 0, "rejected");
                Note(run.Program != program, "another program");
                program = run.Program;
            }

            seen.UnionWith(oracle.Members.SelectMany(m => m.Attempts).Select(a => "mission " + a.Status));
            Note(oracle.Members.Exists(m => m.Rulings.Exists(r => r.LaterData)), "later data");
            Note(oracle.Members.Exists(m => oracle.Videos.TrueForAll(v => v.Handle != m.Handle)), "nothing left");
            Note(oracle.Members.Exists(m => m.Joined > history.Runs[^1].AsOf), "joins later");
            foreach (var what in seen)
            {
                reached[what] = reached.GetValueOrDefault(what) + 1;
            }

            void Note(bool isSo, string what)
            {
                if (isSo)
                {
                    seen.Add(what);
                }
            }
        }

        string[] wanted =
        [
            "Promoted", "Kept", "Demoted", "GraceStarted", "Promoted lifetime", "Promoted on the threshold", "Kept on the threshold", "two decisions on one date",
            "tier-achieved", "joined", "calendar", "updated", "unchanged", "superseded", "rejected", "another program", "mission active",
            "mission completed", "mission expired", "later data", "nothing left", "joins later",
        ];
        Assert.All(wanted, what => Assert.True(reached.GetValueOrDefault(what) >= 4, $"'{what}' was reached in {reached.GetValueOrDefault(what)} of 4,000 histories"));
    }

    [Fact]
    public async Task W09_A_hundred_years_pass_without_a_member_skipped_or_reviewed_twice()
    {
        var rules = Example.OneMonth with { Grace = 9, Missions = [new("m", "videos", 2, "every") { Days = 90 }] };
        var program = LoyaltyProgram.Parse(rules.ToJson());
        var random = new Random(1900);
        var first = Example.Date("1999-12-31");
        var (store, oracle) = (new InMemoryMemberStore(), new NaiveStore());
        for (var year = 0; year < 100; year++)
        {
            var videos = Enumerable.Range(0, 6)
                .Select(i => new Video($"{(year * 10) + i}", i % 2 == 0 ? "ann" : "bob", first.AddDays((year * 365) + random.Next(365)), random.Next(4) * 50m))
                .ToArray();
            var run = new Run(0, first.AddDays((year * 365) + 364), videos, []);
            Drive.Sync(store, program, run);
            oracle.Run(rules, run.AsOf, run.Videos, run.Corrections);
            CheckWindows(oracle, store);
        }

        Assert.Equal(Drive.Show(oracle, rules, first.AddDays(99 * 365 + 364)), Drive.Show(store));
        var decisions = (await store.FindMemberAsync("ann"))!.Decisions;
        Assert.True(decisions.Count > 100);
        Assert.Equal(decisions.Count, decisions.Select(d => (d.Date, d.Measured.Start, d.Kind)).Distinct().Count());
    }

    private static async Task AbandonAsync(InMemoryMemberStore store, LoyaltyProgram program, Run run, int steps)
    {
        await using var session = await store.BeginRunAsync(program, run.AsOf);
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

    private static void CheckVerification(InMemoryMemberStore store, NaiveStore oracle)
    {
        var verification = store.VerifyAsync().AsTask().GetAwaiter().GetResult();
        Assert.Empty(verification.Differences);
        Assert.Equal(oracle.Members.Sum(m => m.Rulings.Count), verification.Decisions);
        Assert.Equal(
            oracle.Members.OrderBy(m => m.Handle, StringComparer.Ordinal).SelectMany(m => m.Rulings.Where(r => r.LaterData).Select(r => (m.Handle, r.Date, (r.Activity + r.Adjustments) * r.Scale))),
            verification.LaterData.Select(l => (l.Handle, l.Date, (decimal)l.Recorded)));
    }

    /// <summary>The windows that closed and the one that is open follow each other without gap or overlap from the joined date on.</summary>
    private static void CheckWindows(NaiveStore oracle, InMemoryMemberStore store)
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
