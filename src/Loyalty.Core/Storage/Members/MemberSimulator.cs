using System.Globalization;
using Loyalty.Programs;
using Loyalty.Reviews;
using Loyalty.Storage.Runs;
using Loyalty.Tiers;

namespace Loyalty.Storage.Members;

/// <summary>Replays members under another program; the same for every store. Not thread-safe.</summary>
public sealed class MemberSimulator
{
    private readonly TierProgram _stored;
    private readonly TierProgram _simulated;
    private readonly DateOnly _asOf;
    private readonly DateOnly? _since;
    private readonly Reviewer _reviewer;
    private readonly List<Decision> _decisions = [];

    /// <summary>Prepares a replay.</summary>
    /// <param name="stored">The program of the store.</param>
    /// <param name="simulated">The other program.</param>
    /// <param name="asOf">The date through which the store was reviewed.</param>
    /// <param name="since">The first date on which the other program decides; <see langword="null"/>: from each member's joined date on.</param>
    /// <exception cref="ArgumentException">The other program has no tiers.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="since"/> is after <paramref name="asOf"/>.</exception>
    /// <exception cref="StoreException">The store belongs to another tenant or currency.</exception>
    public MemberSimulator(LoyaltyProgram stored, LoyaltyProgram simulated, DateOnly asOf, DateOnly? since)
    {
        ArgumentNullException.ThrowIfNull(stored);
        ArgumentNullException.ThrowIfNull(simulated);
        MemberRules.Check(simulated, asOf, stored, asOf);
        if (since > asOf)
        {
            throw new ArgumentOutOfRangeException(nameof(since), since.Value.ToString("O", CultureInfo.InvariantCulture), $"The store was reviewed through {asOf:O}; nothing after it can be simulated.");
        }

        _stored = stored.Tiers!;
        _simulated = simulated.Tiers!;
        _asOf = asOf;
        _since = since;
        _reviewer = new Reviewer(_simulated, []);
    }

    /// <summary>Replays one member.</summary>
    /// <param name="handle">The member's handle.</param>
    /// <param name="stored">Where the member stands.</param>
    /// <param name="decisions">All decisions about the member, in order.</param>
    /// <param name="history">All activity and adjustments of the member; it is sealed.</param>
    /// <exception cref="StoreException">On the day before the first one simulated, the member stands on a level that the program does not have.</exception>
    public MemberSimulation Simulate(string handle, in MemberStanding stored, IReadOnlyList<Decision> decisions, MemberHistory history)
    {
        ArgumentNullException.ThrowIfNull(handle);
        ArgumentNullException.ThrowIfNull(decisions);
        ArgumentNullException.ThrowIfNull(history);
        var (standing, difference) = Replay(handle, stored, decisions, history);
        return Describe(handle, stored, standing, difference, MemberAsOf.Sum(standing, history, _asOf.DayNumber));
    }

    /// <summary>The member as the other program would have it, and the first date on which the level would have been another.</summary>
    /// <exception cref="StoreException">On the day before the first one simulated, the member stands on a level that the program does not have.</exception>
    internal (MemberStanding Standing, DateOnly? FirstDifferenceOn) Replay(
        string handle, in MemberStanding stored, IReadOnlyList<Decision> decisions, MemberHistory history)
    {
        history.Seal();
        var standing = MemberStanding.New(stored.JoinedDay);
        var first = stored.JoinedDay;
        var actual = decisions.Count == 0 ? _stored.Ladder[stored.Level].Name : decisions[0].LevelBefore;
        var next = 0;
        if (_since is { } since && since.DayNumber > stored.JoinedDay)
        {
            first = since.DayNumber;
            while (next < decisions.Count && decisions[next].Date < since)
            {
                actual = decisions[next++].LevelAfter;
            }

            var rank = _simulated.Ladder.IndexOf(actual);
            if (rank < 0)
            {
                throw new StoreException(
                    StoreFault.UnknownLevel,
                    $"Member '{handle}' stands on level '{actual}' on {since.AddDays(-1):O}, which the program does not have; "
                    + "keep the level in the program, or simulate from the beginning.");
            }

            standing = MemberAsOf.Rebuild(stored, [.. decisions.Take(next)], _stored, since.AddDays(-1)).Ranked(rank);
        }

        var simulated = _simulated.Ladder[standing.Level].Name;
        _decisions.Clear();
        var replayed = _reviewer.Review(standing, [], history, _asOf, _decisions).Standing;
        return (replayed, FirstDifference(first, actual, decisions, next, simulated));
    }

    /// <summary>Describes a member after a replay.</summary>
    internal MemberSimulation Describe(
        string handle, in MemberStanding stored, in MemberStanding simulated, DateOnly? firstDifferenceOn, in MemberTotals totals) =>
        new(handle, _stored.Ladder[stored.Level], new MemberProgress(handle, simulated, totals, _simulated), firstDifferenceOn);

    /// <summary>Goes through the dates on which one of the two levels changes, in order.</summary>
    private DateOnly? FirstDifference(int day, string actual, IReadOnlyList<Decision> decisions, int next, string simulated)
    {
        var replayed = 0;
        while (true)
        {
            while (next < decisions.Count && decisions[next].Date.DayNumber <= day)
            {
                actual = decisions[next++].LevelAfter;
            }

            while (replayed < _decisions.Count && _decisions[replayed].Date.DayNumber <= day)
            {
                simulated = _decisions[replayed++].LevelAfter;
            }

            if (day > _asOf.DayNumber)
            {
                return null;
            }

            if (!string.Equals(actual, simulated, StringComparison.Ordinal))
            {
                return DateOnly.FromDayNumber(day);
            }

            if (next == decisions.Count && replayed == _decisions.Count)
            {
                return null;
            }

            day = Math.Min(
                next < decisions.Count ? decisions[next].Date.DayNumber : int.MaxValue,
                replayed < _decisions.Count ? _decisions[replayed].Date.DayNumber : int.MaxValue);
        }
    }
}
