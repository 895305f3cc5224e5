using Loyalty.Clubs;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Storage.Members;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.Points;

/// <summary>What every store of points checks before a run.</summary>
internal static class PointsRules
{
    /// <summary>The most entries of one page.</summary>
    public const int MostEntriesRead = 10_000;

    public static void Check(LoyaltyProgram program, DateOnly asOf, DateTime recordedAt, LoyaltyProgram? stored, DateOnly? storedAsOf)
    {
        ArgumentNullException.ThrowIfNull(program);
        if (program.Points is null)
        {
            throw new ArgumentException("The program has no points; add a \"points\" section.", nameof(program));
        }

        if (asOf > MemberRules.LastAsOf)
        {
            throw new ArgumentException($"The as-of date {asOf:O} is after {MemberRules.LastAsOf:O}, the last one that can be closed.", nameof(asOf));
        }

        CheckInstant(recordedAt, nameof(recordedAt));
        if (stored is null)
        {
            return;
        }

        MemberRules.CheckOwner(program, stored);
        if (asOf < storedAsOf)
        {
            throw new StoreException(
                StoreFault.Stale,
                $"The as-of date {asOf:O} is stale: the store has closed {storedAsOf:O} already; use that date or a later one.");
        }
    }

    /// <summary>Checks redemption rows that are to be taken at once, before any is.</summary>
    public static void Check(IReadOnlyList<RedemptionRequest> requests, DateOnly bookedOn, DateTime recordedAt)
    {
        ArgumentNullException.ThrowIfNull(requests);
        CheckBooking(bookedOn, recordedAt);
        foreach (var (row, grants) in requests)
        {
            if (string.IsNullOrEmpty(row.Id) || string.IsNullOrEmpty(row.Customer) || string.IsNullOrEmpty(row.Reward) || !Enum.IsDefined(row.Event))
            {
                throw new ArgumentException($"The redemption '{row.Id}' has no id, customer, reward or known event; give it all four.", nameof(requests));
            }

            if (row.Date > bookedOn)
            {
                throw new ArgumentException(
                    $"The redemption '{row.Id}' is dated {row.Date:O}, after the booking day {bookedOn:O}; give it to a run, where it waits for its day.",
                    nameof(requests));
            }

            if (grants < 0)
            {
                throw new ArgumentException($"The redemption '{row.Id}' has {grants} grants; expected at least 0.", nameof(requests));
            }
        }
    }

    /// <summary>Checks when rows are taken that come one by one.</summary>
    public static void CheckBooking(DateOnly bookedOn, DateTime recordedAt)
    {
        CheckInstant(recordedAt, nameof(recordedAt));
        if (bookedOn > MemberRules.LastAsOf)
        {
            throw new ArgumentException(
                $"The booking day {bookedOn:O} is after {MemberRules.LastAsOf:O}, the last one that can be closed.", nameof(bookedOn));
        }
    }

    /// <summary>Checks a question for a page of entries.</summary>
    public static void CheckPage(string member, int after, int limit)
    {
        ArgumentNullException.ThrowIfNull(member);
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MostEntriesRead);
    }

    public static void CheckInstant(DateTime instant, string name)
    {
        if (instant.Kind != DateTimeKind.Utc)
        {
            throw new ArgumentException("The instant must be in UTC.", name);
        }
    }

    public static void CheckStage(LoyaltyProgram program, string member, Enrollment? active)
    {
        if (active is not null && program.Club?.Find(active.Stage) is null)
        {
            throw OffStages(member, active.Stage);
        }
    }

    public static InvalidOperationException NoProgram() => new("The store has no program yet; keep a run first.");

    public static StoreException OffStages(string member, string stage) => new(
        StoreFault.UnknownLevel,
        $"The member '{member}' is on the stage '{stage}', which the program does not have; keep the stage as long as members are on it.");
}
