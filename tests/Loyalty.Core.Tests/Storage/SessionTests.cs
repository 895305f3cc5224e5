using Loyalty.Activities;
using Loyalty.Programs;
using Loyalty.Storage.InMemory.Members;
using Loyalty.Storage.Members;
using Loyalty.Storage.Runs;
using Loyalty.Tests.Tiers;

namespace Loyalty.Tests.Storage;

/// <summary>What a session takes, refuses and leaves behind.</summary>
public sealed class SessionTests
{
    [Fact]
    public void S01_The_same_file_twice_inserts_and_updates_nothing()
    {
        var e = new Example(Example.OneMonth);
        var rows = new object[] { e.Sale("2025-01-01", 100), e.Sale("2025-01-02", 5), e.Adjust("2025-01-02", 1) };
        e.Run("2025-01-05", rows);
        var before = Drive.Bytes(e.Store);
        var again = e.Run("2025-01-05", rows);
        Assert.Equal(new RowCounts(0, 0, 2, 0), again.Activities);
        Assert.Equal(new RowCounts(0, 0, 1, 0), again.Adjustments);
        Assert.Equal(before, Drive.Bytes(e.Store));
    }

    [Fact]
    public async Task S02_An_as_of_before_the_last_one_is_refused_as_stale()
    {
        var e = new Example(Example.OneMonth);
        e.Run("2025-01-05", e.Sale("2025-01-01", 100));
        var before = Drive.Bytes(e.Store);
        var refused = await Assert.ThrowsAsync<StoreException>(async () => await e.Store.BeginRunAsync(Program(e.Rules), Example.Date("2025-01-04")));
        Assert.Equal((StoreFault.Stale, false), (refused.Fault, refused.IsTransient));
        Assert.Contains("2025-01-05", refused.Message);
        Assert.Equal(before, Drive.Bytes(e.Store));
        e.Run("2025-01-05");
    }

    [Fact]
    public void S03_Of_rows_with_one_key_the_last_wins_and_the_others_make_no_member()
    {
        var e = new Example(Example.OneMonth);
        var row = e.Sale("2025-01-01", 1, "ann");
        var outcome = e.Run("2025-01-05", row, row with { Handle = "bob", Sales = 2 }, row with { Handle = "cid", Sales = 3, Date = Example.Date("2025-01-03") });
        Assert.Equal(new RowCounts(1, 0, 0, 2), outcome.Activities);
        Assert.Equal((1, 1), (outcome.MembersCreated, outcome.MembersTotal));
        Assert.Null(e.Member("ann"));
        Assert.Equal((300, Example.Date("2025-01-03")), (e.Progress("cid").Totals.Lifetime.Sales, e.Progress("cid").Standing.Joined));
    }

    [Fact]
    public void S10_A_blank_metric_is_zero_also_over_a_stored_number()
    {
        var e = new Example(Example.OneMonth);
        var row = e.Sale("2025-01-01", 10, units: 3, views: 7);
        e.Run("2025-01-05", row);
        Assert.Equal(new RowCounts(0, 1, 0, 0), e.Run("2025-01-05", row with { Sales = 0, Units = 0, Views = 0 }).Activities);
        Assert.Equal(new ActivityTotals(0, 0, 1, 0, 0, 0), e.Progress().Totals.Lifetime);
    }

    [Fact]
    public void S14_A_key_that_arrives_under_another_handle_moves_and_both_totals_are_corrected()
    {
        var e = new Example(Example.OneMonth);
        var row = e.Sale("2025-01-01", 10);
        e.Run("2025-01-05", row, e.Sale("2025-01-02", 5, "bob"));
        e.Run("2025-01-05", row with { Handle = "bob" });
        Assert.Equal((0, 1500), (e.Progress("ann").Totals.Lifetime.Sales, e.Progress("bob").Totals.Lifetime.Sales));
        Assert.Equal((0, 2), (e.Progress("ann").Totals.Lifetime.Videos, e.Progress("bob").Totals.Lifetime.Videos));
        Assert.Equal((Example.Date("2025-01-01"), Example.Date("2025-01-02")), (e.Progress("ann").Standing.Joined, e.Progress("bob").Standing.Joined));
        Assert.Empty(e.Verify().Differences);
    }

    [Fact]
    public void A_member_of_the_future_is_created_at_once_with_nothing_and_reviewed_from_the_joined_date()
    {
        var e = new Example(Example.OneMonth);
        e.Run("2025-01-05", e.Sale("2025-01-10", 100));
        Assert.Equal(("Bronze", "[2025-01-10, no end)", 0), (e.Progress().Level.Name, e.Window(), e.Progress().Totals.Lifetime.Videos));
        Assert.Equal(Example.Date("2025-01-09"), e.Progress().Standing.ReviewedThrough);
        e.Run("2025-01-12");
        Assert.Equal(["2025-01-10 Promoted Bronze→Silver 10000 [2025-01-10,2025-01-11)"], e.Decisions());
    }

    [Fact]
    public void A_new_member_is_reviewed_from_the_joined_date_also_before_the_last_as_of()
    {
        var e = new Example(Example.OneMonth);
        e.Run("2025-03-05", e.Sale("2025-03-01", 1));
        e.Run("2025-03-05", e.Sale("2025-01-01", 100, "bob"), e.Sale("2024-12-31", 1, "ann"));
        Assert.Equal(["2025-01-01 Promoted Bronze→Silver 10000 [2025-01-01,2025-01-02)", "2025-02-01 Demoted Silver→Bronze 0 [2025-01-02,2025-02-01)"], e.Decisions("bob"));
        Assert.Equal((Example.Date("2025-03-01"), 200, 100), (e.Progress().Standing.Joined, e.Progress().Totals.Lifetime.Sales, e.Progress().Totals.Window.Sales));
    }

    [Fact]
    public async Task A_run_without_rows_reviews_and_deletes_nothing()
    {
        var e = new Example(Example.OneMonth);
        e.Run("2025-01-05", e.Sale("2025-01-01", 100), e.Adjust("2025-01-03", 1));
        var outcome = e.Run("2025-02-01");
        Assert.Equal((1, 0L), (outcome.Decisions.Count, outcome.Activities.Total + outcome.Adjustments.Total));
        var status = await e.Store.GetStatusAsync();
        Assert.Equal((1L, 1L), (status!.Activities, status.Adjustments));
    }

    [Fact]
    public void Adjustments_are_upserted_by_id_and_those_of_unknown_handles_are_not_taken()
    {
        var e = new Example(Example.OneMonth);
        var rows = new Run(
            0, Example.Date("2025-01-05"), [e.Sale("2025-01-01", 1), e.Sale("2025-01-01", 1, "bob")],
            [e.Adjust("2025-01-02", 5, id: "x"), e.Adjust("2025-01-02", 6, "zoe", id: "x"), e.Adjust("2025-01-02", 7, "bob", id: "x"), e.Adjust("2025-01-02", 8, "zoe")]);
        var (outcome, rejected) = Drive.SyncAll(e.Store, Program(e.Rules), rows);
        Assert.Equal([1, 3], rejected);
        Assert.Equal(new RowCounts(1, 0, 0, 1), outcome.Adjustments);
        Assert.Equal((0, 700), (e.Progress().Value - 100, e.Progress("bob").Value - 100));
        e.Run("2025-01-05", e.Adjust("2025-01-03", 2, "ann", id: "x"));
        Assert.Equal((200, 0), (e.Progress().Value - 100, e.Progress("bob").Value - 100));
    }

    [Fact]
    public async Task A_level_on_which_a_member_stands_must_stay_in_the_program()
    {
        var e = new Example(Example.OneMonth);
        e.Run("2025-01-05", e.Sale("2025-01-01", 100));
        var without = Program(e.Rules with { Levels = [new("Bronze", 0), new("Gold", 200)] });
        var refused = await Assert.ThrowsAsync<StoreException>(async () => await e.Store.BeginRunAsync(without, Example.Date("2025-01-06")));
        Assert.Equal(StoreFault.UnknownLevel, refused.Fault);
        Assert.Contains("'ann'", refused.Message);
        e.Rules = e.Rules with { Levels = [new("Bronze", 0), new("Silver", 200)] };
        e.Run("2025-01-06");
    }

    [Fact]
    public async Task One_session_is_open_at_a_time()
    {
        var store = new InMemoryMemberStore();
        var date = Example.Date("2025-01-01");
        await using (await store.BeginRunAsync(Program(Example.OneMonth), date))
        {
            var refused = await Assert.ThrowsAsync<StoreException>(async () => await store.BeginRunAsync(Program(Example.OneMonth), date));
            Assert.Equal((StoreFault.AlreadyRunning, true), (refused.Fault, refused.IsTransient));
        }

        await using var next = await store.BeginRunAsync(Program(Example.OneMonth), date);
    }

    [Fact]
    public async Task Steps_out_of_order_are_refused()
    {
        var store = new InMemoryMemberStore();
        await using var session = await store.BeginRunAsync(Program(Example.OneMonth), Example.Date("2025-01-01"));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await session.CommitAsync());
        Assert.Throws<InvalidOperationException>(() => session.ReadMembersAsync());
        await session.ApplyAsync([]);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await session.ApplyAsync(new ActivityBatch()));
        await session.ReviewAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await session.ApplyAsync([]));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await session.ReviewAsync());
        await session.CommitAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await session.CommitAsync());
        await session.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await session.ApplyAsync([]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_review_that_failed_cannot_be_completed(bool cancelled)
    {
        var e = new Example(Example.OneMonth);
        e.Run("2025-01-05", e.Sale("2025-01-01", 1));
        var before = Drive.Bytes(e.Store);
        await using (var session = await e.Store.BeginRunAsync(Program(e.Rules), Example.Date("2025-01-06")))
        {
            var batch = new ActivityBatch();
            batch.Add(Big("x", cancelled ? 1 : long.MaxValue));
            await session.ApplyAsync(batch);
            using var source = new CancellationTokenSource();
            await source.CancelAsync();
            if (cancelled)
            {
                await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await session.ReviewAsync(source.Token));
            }
            else
            {
                await Assert.ThrowsAnyAsync<OverflowException>(async () => await session.ReviewAsync());
            }

            await Assert.ThrowsAsync<InvalidOperationException>(async () => await session.ReviewAsync());
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await session.CommitAsync());
            Assert.Throws<InvalidOperationException>(() => session.ReadMembersAsync());
        }

        Assert.Equal(before, Drive.Bytes(e.Store));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Overflow_names_the_member_and_leaves_the_store(bool lifetime, bool atCheckpoint)
    {
        var e = new Example(Example.OneMonth with { Lifetime = lifetime, AtCheckpoint = atCheckpoint });
        e.Run("2025-01-05", e.Sale("2025-01-01", 200), e.Sale("2025-01-01", 1, "bob"));
        var before = Drive.Bytes(e.Store);
        await using (var session = await e.Store.BeginRunAsync(Program(e.Rules), Example.Date("2025-01-06")))
        {
            var batch = new ActivityBatch();
            batch.Add(Big("x", long.MaxValue - 20_000));
            await session.ApplyAsync(batch);
            await session.ApplyAsync([new Adjustment("a", "ann", Example.Date("2025-01-03"), 20_001, 0, "")]);
            var overflow = await Assert.ThrowsAnyAsync<OverflowException>(async () => await session.ReviewAsync());
            Assert.Contains("'ann'", overflow.Message);
        }

        Assert.Equal(before, Drive.Bytes(e.Store));
        Assert.Empty(e.Verify().Differences);
    }

    [Fact]
    public async Task The_largest_total_is_taken()
    {
        var store = new InMemoryMemberStore();
        await using var session = await store.BeginRunAsync(Program(Example.OneMonth), Example.Date("2025-01-06"));
        var batch = new ActivityBatch();
        batch.Add(Big("x", long.MaxValue));
        batch.Add(Big("y", 0));
        await session.ApplyAsync(batch);
        await session.ReviewAsync();
        await session.CommitAsync();
        var member = await store.FindMemberAsync("ann");
        Assert.Equal(long.MaxValue, member!.Progress.Totals.Lifetime.Sales);
        Assert.Equal("Gold", member.Progress.Level.Name);
        Assert.True((await store.VerifyAsync()).IsRight);
    }

    private static Activity Big(string key, long sales) =>
        new() { Handle = "ann"u8, Key = System.Text.Encoding.UTF8.GetBytes(key), Date = Example.Date("2025-01-02"), Sales = sales };

    private static LoyaltyProgram Program(Rules rules) => LoyaltyProgram.Parse(rules.ToJson());
}
