using FsCheck.Xunit;
using Loyalty.Programs;
using Loyalty.Storage.InMemory.Members;
using Loyalty.Storage.Members;
using Loyalty.Storage.Runs;

namespace Loyalty.Tests.Storage;

/// <summary>Simulation against stores that really had the other program. FsCheck prints the seed of what fails.</summary>
[Properties(MaxTest = 10_000, EndSize = 30, Arbitrary = [typeof(Histories)])]
public sealed class SimulationTests
{
    [Property]
    public void From_the_beginning_it_is_what_the_other_program_alone_would_have_given(History history)
    {
        var (first, other) = Programs(history);
        var data = Data(history);
        var store = new InMemoryMemberStore();
        Drive.Sync(store, first, data);
        var before = Drive.Bytes(store);
        var really = new InMemoryMemberStore();
        Drive.Sync(really, other, data);

        Compare(Simulate(store, other, null), store, really, DateOnly.MinValue, data.AsOf);
        Assert.Equal(before, Drive.Bytes(store));
    }

    [Property]
    public void Since_a_date_it_is_what_a_change_of_program_on_that_date_would_have_given(History history, DaysBack back)
    {
        var (first, other) = Programs(history);
        var data = Data(history);
        var since = data.AsOf.AddDays(-back.Count);
        var store = new InMemoryMemberStore();
        Drive.Sync(store, first, data);
        var really = new InMemoryMemberStore();
        Drive.Sync(really, first, data with { AsOf = since.AddDays(-1) });
        try
        {
            Drive.Sync(really, other, new Run(0, data.AsOf, [], []));
        }
        catch (StoreException e) when (e.Fault == StoreFault.UnknownLevel)
        {
            // A store also refuses when nobody but a member of later stands on the level.
            return;
        }

        // The store knew members who join later already, on the entry level of its first program; in truth they enter the other one.
        var simulated = Simulate(store, other, since);
        if (!string.Equals(first.Tiers!.Ladder[0].Name, other.Tiers!.Ladder[0].Name, StringComparison.Ordinal))
        {
            simulated.RemoveAll(m => m.Simulated.Standing.Joined >= since);
        }

        Compare(simulated, store, really, since, data.AsOf);
    }

    [Property]
    public void The_same_program_changes_nobody(History history, DaysBack back)
    {
        var (program, _) = Programs(history);
        var data = Data(history);
        var store = new InMemoryMemberStore();
        Drive.Sync(store, program, data);
        foreach (var since in (DateOnly?[])[null, data.AsOf.AddDays(-back.Count)])
        {
            var simulated = Simulate(store, program, since);
            Assert.All(simulated, static m => Assert.Null(m.FirstDifferenceOn));
            Assert.Equal(
                store.ReadMembersAsync().ToBlockingEnumerable().Select(static m => (m.Handle, m.Standing, m.Totals)),
                simulated.Select(static m => (m.Handle, m.Simulated.Standing, m.Simulated.Totals)));
        }
    }

    [Fact]
    public void The_worked_example()
    {
        var example = new Example(Example.OneMonth);
        example.Run(
            "2024-03-31", example.Sale("2024-01-10", 60), example.Sale("2024-01-20", 60), example.Sale("2024-02-10", 90, "bob"), example.Sale("2024-03-01", 5, "cid"));
        Assert.Equal("Bronze", example.Progress().Level.Name);

        var lower = LoyaltyProgram.Parse((Example.OneMonth with { Levels = [new("Bronze", 0), new("Silver", 50), new("Gold", 100)] }).ToJson());
        Assert.Equal(
            ["ann Bronze→Bronze 2024-01-10", "bob Bronze→Bronze 2024-02-10", "cid Bronze→Bronze "],
            Simulate(example.Store, lower, null).Select(Line));
        Assert.Equal(
            ["ann Bronze→Bronze ", "bob Bronze→Bronze 2024-02-15", "cid Bronze→Bronze "],
            Simulate(example.Store, lower, new DateOnly(2024, 2, 15)).Select(Line));

        static string Line(MemberSimulation m) => $"{m.Handle} {m.Level}→{m.Simulated.Level} {m.FirstDifferenceOn:O}";
    }

    [Fact]
    public void What_it_refuses()
    {
        var example = new Example(Example.OneMonth);
        Assert.Empty(Simulate(example.Store, LoyaltyProgram.Parse(Example.OneMonth.ToJson()), null));
        example.Run("2024-01-31", example.Sale("2024-01-10", 120));
        var program = LoyaltyProgram.Parse(Example.OneMonth.ToJson());
        Assert.Throws<ArgumentOutOfRangeException>(() => Simulate(example.Store, program, new DateOnly(2024, 2, 1)));

        var renamed = LoyaltyProgram.Parse((Example.OneMonth with { Levels = [new("Bronze", 0), new("Argent", 100)] }).ToJson());
        var fault = Assert.Throws<StoreException>(() => Simulate(example.Store, renamed, new DateOnly(2024, 1, 20)));
        Assert.Equal(StoreFault.UnknownLevel, fault.Fault);
        Assert.Contains("'ann' stands on level 'Silver' on 2024-01-19", fault.Message, StringComparison.Ordinal);
        Assert.Equal("Argent", Assert.Single(Simulate(example.Store, renamed, null)).Simulated.Level.Name);

        var foreign = LoyaltyProgram.Parse(Example.OneMonth.ToJson().Replace("\"acme\"", "\"other\"", StringComparison.Ordinal));
        Assert.Equal(StoreFault.OtherTenant, Assert.Throws<StoreException>(() => Simulate(example.Store, foreign, null)).Fault);
    }

    private static List<MemberSimulation> Simulate(InMemoryMemberStore store, LoyaltyProgram program, DateOnly? since) =>
        [.. store.SimulateAsync(program, since).ToBlockingEnumerable()];

    private static (LoyaltyProgram First, LoyaltyProgram Other) Programs(History history) =>
        (LoyaltyProgram.Parse(history.Programs[0].ToJson()), LoyaltyProgram.Parse(history.Programs[^1].ToJson()));

    /// <summary>All rows of a history in one run, so that no decision was made before its data came.</summary>
    private static Run Data(History history) => new(
        0, history.Runs.Max(static r => r.AsOf), [.. history.Runs.SelectMany(static r => r.Videos)], [.. history.Runs.SelectMany(static r => r.Corrections)]);

    /// <summary>Looks at the levels date by date.</summary>
    private static void Compare(List<MemberSimulation> simulated, InMemoryMemberStore store, InMemoryMemberStore really, DateOnly since, DateOnly asOf)
    {
        var compared = simulated.Select(static m => m.Handle).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(
            really.ReadMembersAsync().ToBlockingEnumerable().Where(m => compared.Contains(m.Handle)).Select(static m => (m.Handle, m.Level.Name, m.Standing, m.Totals, m.Value)),
            simulated.Select(static m => (m.Handle, m.Simulated.Level.Name, m.Simulated.Standing, m.Simulated.Totals, m.Simulated.Value)));
        foreach (var member in simulated)
        {
            var actual = Detail(store, member.Handle);
            var other = Detail(really, member.Handle);
            Assert.Equal(actual.Progress.Level.Name, member.Level.Name);
            DateOnly? first = null;
            var joined = actual.Progress.Standing.Joined;
            for (var date = joined > since ? joined : since; date <= asOf && first is null; date = date.AddDays(1))
            {
                first = string.Equals(LevelOn(actual, date), LevelOn(other, date), StringComparison.Ordinal) ? null : date;
            }

            Assert.Equal(first, member.FirstDifferenceOn);
        }
    }

    private static MemberDetail Detail(InMemoryMemberStore store, string handle) => store.FindMemberAsync(handle).AsTask().GetAwaiter().GetResult()!;

    private static string LevelOn(MemberDetail member, DateOnly date) =>
        member.Decisions.LastOrDefault(d => d.Date <= date)?.LevelAfter
        ?? (member.Decisions.Count > 0 ? member.Decisions[0].LevelBefore : member.Progress.Level.Name);
}
