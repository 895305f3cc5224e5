using Loyalty.Money;
using Loyalty.Programs;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.Members;

/// <summary>What every store checks before a run.</summary>
internal static class MemberRules
{
    /// <summary>The last date that can be reviewed: a window that opens the day after still has a date to start on.</summary>
    public static DateOnly LastAsOf { get; } = new(9998, 12, 31);

    public static void Check(LoyaltyProgram program, DateOnly asOf, LoyaltyProgram? stored, DateOnly? storedAsOf)
    {
        if (program.Tiers is null)
        {
            throw new ArgumentException("The program has no tiers; add a \"tiers\" section.", nameof(program));
        }

        if (asOf > LastAsOf)
        {
            throw new ArgumentException($"The as-of date {asOf:yyyy-MM-dd} is after {LastAsOf:yyyy-MM-dd}, the last one that can be reviewed.", nameof(asOf));
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
                $"The as-of date {asOf:yyyy-MM-dd} is stale: the store was reviewed through {storedAsOf:yyyy-MM-dd} already; use that date or a later one.");
        }
    }

    /// <summary>A store keeps its tenant and its currency.</summary>
    public static void CheckOwner(LoyaltyProgram program, LoyaltyProgram stored)
    {
        if (!string.Equals(stored.Tenant, program.Tenant, StringComparison.Ordinal))
        {
            throw new StoreException(
                StoreFault.OtherTenant,
                $"The store belongs to tenant '{stored.Tenant}', but the program is of '{program.Tenant}'; use the tenant's own store.");
        }

        if (!stored.Currency.Equals(program.Currency))
        {
            throw new StoreException(
                StoreFault.OtherCurrency,
                $"The store keeps amounts in {stored.Currency}, but the program is in {program.Currency}; the currency of a store cannot change.");
        }
    }
}
