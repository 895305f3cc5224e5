using System.Text;
using Loyalty.Activities;
using Loyalty.Money;
using Loyalty.Programs;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.Members;

/// <summary>What every store checks before a run.</summary>
public static class MemberRules
{
    /// <summary>The most bytes of the id of an adjustment, as UTF-8.</summary>
    public const int LongestAdjustmentId = 2_048;

    /// <summary>The last date that can be reviewed: a window that opens the day after still has a date to start on.</summary>
    public static DateOnly LastAsOf { get; } = new(9998, 12, 31);

    /// <summary>Refuses a run that cannot be one.</summary>
    /// <param name="program">The program of the run.</param>
    /// <param name="asOf">The date to review through.</param>
    /// <param name="stored">The program of the last run; <see langword="null"/> when there was none.</param>
    /// <param name="storedAsOf">The date of the last run.</param>
    /// <exception cref="ArgumentException">The program has no tiers, or the date is after <see cref="LastAsOf"/>.</exception>
    /// <exception cref="StoreException">The store belongs to another tenant or currency, or was reviewed through a later date already.</exception>
    public static void Check(LoyaltyProgram program, DateOnly asOf, LoyaltyProgram? stored, DateOnly? storedAsOf)
    {
        ArgumentNullException.ThrowIfNull(program);
        if (program.Tiers is null)
        {
            throw new ArgumentException("The program has no tiers; add a \"tiers\" section.", nameof(program));
        }

        if (asOf > LastAsOf)
        {
            throw new ArgumentException($"The as-of date {asOf:O} is after {LastAsOf:O}, the last one that can be reviewed.", nameof(asOf));
        }

        if (stored is null)
        {
            return;
        }

        CheckOwner(program, stored);
        if (asOf < storedAsOf)
        {
            throw new StoreException(
                StoreFault.Stale,
                $"The as-of date {asOf:O} is stale: the store was reviewed through {storedAsOf:O} already; use that date or a later one.");
        }
    }

    /// <summary>Refuses adjustments that no store can keep.</summary>
    /// <exception cref="ArgumentException">An id, a handle or a reason has U+0000 or half a character, or an id has more than <see cref="LongestAdjustmentId"/> bytes.</exception>
    public static void CheckStorable(IReadOnlyList<Adjustment> adjustments)
    {
        ArgumentNullException.ThrowIfNull(adjustments);
        foreach (var adjustment in adjustments)
        {
            if (adjustment is null)
            {
                throw new ArgumentException("An adjustment is null.", nameof(adjustments));
            }

            StorableText.Check(adjustment.Id, "The id of an adjustment");
            if (Encoding.UTF8.GetByteCount(adjustment.Id) > LongestAdjustmentId)
            {
                throw new ArgumentException($"The id of an adjustment has more than {LongestAdjustmentId} bytes, which is too long for a key; reject the row.", nameof(adjustments));
            }

            StorableText.Check(adjustment.Handle, "The handle of an adjustment");
            StorableText.Check(adjustment.Reason, "The reason of an adjustment");
        }
    }

    /// <summary>Says which member keeps a level in the program.</summary>
    /// <param name="handle">The member.</param>
    /// <param name="level">The level that the program does not have.</param>
    public static StoreException OffLevels(string handle, string level) => new(
        StoreFault.UnknownLevel,
        $"Member '{handle}' stands on level '{level}', which the program does not have; keep the level in the program until nobody stands on it.");

    /// <summary>A store keeps its tenant and its currency.</summary>
    /// <exception cref="StoreException">The program is of another tenant or currency.</exception>
    public static void CheckOwner(LoyaltyProgram program, LoyaltyProgram stored)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(stored);
        CheckOwner(program, stored.Tenant, stored.Currency);
    }

    /// <summary>Refuses a run of another tenant or currency than a store was made for; one that stands alone was made for none.</summary>
    internal static void CheckOwner(LoyaltyProgram program, (string Tenant, Currency Currency)? owner)
    {
        if (owner is { } known)
        {
            CheckOwner(program, known.Tenant, known.Currency);
        }
    }

    /// <summary>A store keeps its tenant and its currency, from before its first run on where it was made for them.</summary>
    /// <param name="program">The program of a run.</param>
    /// <param name="tenant">The store's tenant.</param>
    /// <param name="currency">The store's currency.</param>
    /// <exception cref="StoreException">The program is of another tenant or currency.</exception>
    public static void CheckOwner(LoyaltyProgram program, string tenant, Currency currency)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(currency);
        if (!string.Equals(tenant, program.Tenant, StringComparison.Ordinal))
        {
            throw new StoreException(
                StoreFault.OtherTenant,
                $"The store belongs to tenant '{tenant}', but the program is of '{program.Tenant}'; use the tenant's own store.");
        }

        if (!currency.Equals(program.Currency))
        {
            throw new StoreException(
                StoreFault.OtherCurrency,
                $"The store keeps amounts in {currency}, but the program is in {program.Currency}; the currency of a store cannot change.");
        }
    }
}
