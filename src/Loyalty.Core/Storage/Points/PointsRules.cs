using Loyalty.Clubs;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Storage.Members;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.Points;

/// <summary>What every store of points checks before a run.</summary>
public static class PointsRules
{
    /// <summary>The most entries of one page.</summary>
    public const int MostEntriesRead = 10_000;

    /// <summary>Refuses a run that cannot be one.</summary>
    /// <param name="program">The program of the run.</param>
    /// <param name="asOf">The last day to close.</param>
    /// <param name="recordedAt">The instant that entries are recorded at.</param>
    /// <param name="stored">The program of the last run; <see langword="null"/> when there was none.</param>
    /// <param name="storedAsOf">The last day that is closed.</param>
    /// <exception cref="ArgumentException">The program has no points, the date is out of bounds, or the instant is not in UTC.</exception>
    /// <exception cref="StoreException">The store belongs to another tenant or currency, or has closed a later day already.</exception>
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

    /// <summary>Checks redemption rows that are to be taken at once, before any is. One with a fault (<see cref="LiveRows"/>) is an outcome, not an error.</summary>
    /// <exception cref="ArgumentException">A row is dated after the booking day or has negative grants; or the instant is not in UTC.</exception>
    public static void Check(IReadOnlyList<RedemptionRequest> requests, DateOnly bookedOn, DateTime recordedAt)
    {
        ArgumentNullException.ThrowIfNull(requests);
        CheckBooking(bookedOn, recordedAt);
        foreach (var (row, grants) in requests)
        {
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

    /// <summary>Checks operations on the ledger, before any is done.</summary>
    /// <exception cref="ArgumentException">One is <see langword="default"/>; or the instant is not in UTC.</exception>
    public static void Check(IReadOnlyList<LedgerOperation> operations, DateTime recordedAt)
    {
        ArgumentNullException.ThrowIfNull(operations);
        CheckInstant(recordedAt, nameof(recordedAt));
        foreach (var operation in operations)
        {
            if (operation.Id is null)
            {
                throw new ArgumentException("The default value is no operation; use a method of LedgerOperation.", nameof(operations));
            }
        }
    }

    /// <summary>Whether every store can keep the texts of an operation. One of which it cannot is <see cref="LedgerOutcome.Invalid"/>.</summary>
    public static bool CanBeKept(in LedgerOperation operation) =>
        StorableText.IsKey(operation.Id) && StorableText.IsKey(operation.Member ?? string.Empty) && StorableText.IsKey(operation.Target ?? string.Empty)
        && StorableText.IsStorable(operation.Reason);

    /// <summary>Does operations on the ledger, but those that no store can keep: they are answered <see cref="LedgerOutcome.Invalid"/>, and fail nobody else.</summary>
    /// <param name="operations">The operations.</param>
    /// <param name="recordedAt">The instant, in UTC.</param>
    /// <param name="apply">Does operations that can be kept, in their order, and gives a result for each.</param>
    /// <returns>One result for each operation.</returns>
    /// <exception cref="ArgumentException">One is <see langword="default"/>; or the instant is not in UTC.</exception>
    public static async ValueTask<IReadOnlyList<LedgerResult>> ApplyAsync(
        IReadOnlyList<LedgerOperation> operations, DateTime recordedAt, Func<IReadOnlyList<LedgerOperation>, ValueTask<IReadOnlyList<LedgerResult>>> apply)
    {
        ArgumentNullException.ThrowIfNull(apply);
        Check(operations, recordedAt);
        if (operations.All(static o => CanBeKept(o)))
        {
            return await apply(operations).ConfigureAwait(false);
        }

        var results = new LedgerResult[operations.Count];
        var kept = await apply([.. operations.Where(static o => CanBeKept(o))]).ConfigureAwait(false);
        for (int i = 0, k = 0; i < results.Length; i++)
        {
            results[i] = CanBeKept(operations[i]) ? kept[k++] : new(LedgerOutcome.Invalid, 0, 0, 0, 0);
        }

        return results;
    }

    /// <summary>Checks when rows are taken that come one by one.</summary>
    /// <exception cref="ArgumentException">The day is out of bounds, or the instant is not in UTC.</exception>
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
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its bounds.</exception>
    public static void CheckPage(string member, int after, int limit)
    {
        ArgumentNullException.ThrowIfNull(member);
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MostEntriesRead);
    }

    /// <summary>Checks an instant.</summary>
    /// <exception cref="ArgumentException">It is not in UTC.</exception>
    public static void CheckInstant(DateTime instant, string name)
    {
        if (instant.Kind != DateTimeKind.Utc)
        {
            throw new ArgumentException("The instant must be in UTC.", name);
        }
    }

    /// <summary>Refuses a program without the stage on which a member is.</summary>
    /// <exception cref="StoreException">The program has no such stage.</exception>
    public static void CheckStage(LoyaltyProgram program, string member, Enrollment? active)
    {
        ArgumentNullException.ThrowIfNull(program);
        if (active is not null && program.Club?.Find(active.Stage) is null)
        {
            throw OffStages(member, active.Stage);
        }
    }

    /// <summary>Says that no run was kept yet.</summary>
    public static InvalidOperationException NoProgram() => new("The store has no program yet; keep a run first.");

    /// <summary>Says which member keeps a stage in the program.</summary>
    public static StoreException OffStages(string member, string stage) => new(
        StoreFault.UnknownLevel,
        $"The member '{member}' is on the stage '{stage}', which the program does not have; keep the stage as long as members are on it.");
}
