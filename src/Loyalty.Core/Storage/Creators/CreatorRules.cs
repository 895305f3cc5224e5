using Loyalty.Creators;
using Loyalty.Identity;
using Loyalty.Memory;
using Loyalty.Money;
using Loyalty.Programs;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.Creators;

/// <summary>What every store of creators checks in the same words.</summary>
public static class CreatorRules
{
    /// <summary>The longest tag, in characters.</summary>
    public const int MaxTagLength = 100;

    /// <summary>Makes sure that a run is of the store's tenant and currency.</summary>
    /// <param name="program">The program of the run.</param>
    /// <param name="tenant">The tenant of the store; <see langword="null"/> while it is empty.</param>
    /// <param name="currency">The code of its currency.</param>
    /// <exception cref="StoreException">It is of another one.</exception>
    public static void CheckOwner(LoyaltyProgram program, string? tenant, string? currency)
    {
        ArgumentNullException.ThrowIfNull(program);
        if (tenant is not null && !string.Equals(tenant, program.Tenant, StringComparison.Ordinal))
        {
            throw new StoreException(StoreFault.OtherTenant, $"The creators belong to tenant '{tenant}', not to '{program.Tenant}'; use the tenant's own store.");
        }

        if (currency is not null && !string.Equals(currency, program.Currency.Code, StringComparison.Ordinal))
        {
            throw new StoreException(StoreFault.OtherCurrency, $"The creators' amounts are in {currency}, but the program is in {program.Currency}.");
        }
    }

    /// <summary>Makes sure that tags can be kept.</summary>
    /// <exception cref="ArgumentException">One is blank, too long or has control characters.</exception>
    public static void CheckTags(IReadOnlyCollection<string> tags)
    {
        ArgumentNullException.ThrowIfNull(tags);
        foreach (var tag in tags)
        {
            if (string.IsNullOrWhiteSpace(tag) || tag.Length > MaxTagLength || tag.Any(char.IsControl) || !string.Equals(tag, tag.Trim(), StringComparison.Ordinal) || !IsWellFormed(tag))
            {
                throw new ArgumentException($"'{tag}' is no tag; a tag has 1 to {MaxTagLength} characters, no space around it and no control characters.", nameof(tags));
            }
        }
    }

    /// <summary>Makes sure that both are handles in their normal form, and not the same.</summary>
    /// <exception cref="ArgumentException">They are not.</exception>
    public static void CheckRename(string handle, string current)
    {
        ArgumentException.ThrowIfNullOrEmpty(handle);
        ArgumentException.ThrowIfNullOrEmpty(current);
        if (Handle.Read(current, HandlePlatform.TikTok, out var normal, out _) != HandleStatus.Ok || !string.Equals(normal.Value, current, StringComparison.Ordinal))
        {
            throw new ArgumentException($"'{current}' is no handle in its normal form.", nameof(current));
        }

        if (string.Equals(handle, current, StringComparison.Ordinal))
        {
            throw new ArgumentException("A creator cannot take the handle that it has.", nameof(current));
        }
    }

    /// <summary>Makes sure that entries of the log can be kept.</summary>
    /// <exception cref="ArgumentException">One cannot; the message says why.</exception>
    public static void CheckCommunications(IReadOnlyCollection<Communication> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        foreach (var entry in entries)
        {
            if (entry.Fault() is { } fault)
            {
                throw new ArgumentException($"An entry of the log for '{entry.Handle}' cannot be kept: {fault}.", nameof(entries));
            }
        }
    }

    private static bool IsWellFormed(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune == System.Text.Rune.ReplacementChar)
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>What makes two entries of the log of communications the same.</summary>
public readonly record struct CommunicationKey(string Handle, string Channel, string Direction, string Status, string ExternalId, DateTime At)
{
    /// <summary>The key of an entry.</summary>
    public static CommunicationKey Of(Communication entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return new CommunicationKey(entry.Handle, entry.Channel, entry.Direction, entry.Status, entry.ExternalId, entry.At);
    }

    /// <summary>Entries by instant, then by their other texts in ordinal order.</summary>
    public static IComparer<Communication> Order { get; } = Comparer<Communication>.Create(static (left, right) =>
    {
        var order = left.At.CompareTo(right.At);
        order = order != 0 ? order : CodePointOrder.Instance.Compare(left.Handle, right.Handle);
        order = order != 0 ? order : CodePointOrder.Instance.Compare(left.Channel, right.Channel);
        order = order != 0 ? order : CodePointOrder.Instance.Compare(left.Direction, right.Direction);
        order = order != 0 ? order : CodePointOrder.Instance.Compare(left.Status, right.Status);
        return order != 0 ? order : CodePointOrder.Instance.Compare(left.ExternalId, right.ExternalId);
    });

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(CommunicationKey), PrintMembers);
}

/// <summary>Puts together what is known of one creator: the same for every store.</summary>
public static class CreatorDetails
{
    /// <summary>How many entries of the log of communications are shown with a creator.</summary>
    public const int CommunicationLimit = 100;

    /// <summary>The rank of a creator's badge on a date.</summary>
    public static int BadgeOf(IEnumerable<CreatorVideo> videos, BadgeLadder badges, DateOnly date, Currency currency)
    {
        ArgumentNullException.ThrowIfNull(videos);
        ArgumentNullException.ThrowIfNull(badges);
        ArgumentNullException.ThrowIfNull(currency);
        var running = BadgeLadder.MonthOf(date);
        var last = running == DateOnly.MinValue ? running : running.AddMonths(-1);
        var (lastGmv, runningGmv) = (0m, 0m);
        foreach (var video in videos)
        {
            var month = BadgeLadder.MonthOf(video.PostedOn);
            lastGmv += month == last && last != running ? video.Gmv : 0;
            runningGmv += month == running ? video.Gmv : 0;
        }

        return badges.On(BadgeLadder.ToMinor(lastGmv, currency), BadgeLadder.ToMinor(runningGmv, currency));
    }

    /// <summary>Puts a creator's detail together and brings its parts into their order.</summary>
    public static CreatorDetail Make(
        Creator creator, Currency currency, BadgeLadder badges, DateOnly? badgesOn, IReadOnlyList<CreatorSource> order, IReadOnlyList<CreatorImport> files,
        IReadOnlyList<EarlierHandle> earlier, IReadOnlyList<CreatorSample> samples, IReadOnlyList<CreatorVideo> videos, IReadOnlyList<CreatorSnapshot> snapshots,
        IReadOnlyList<BrandLink> brands, IReadOnlyList<Communication> communications)
    {
        ArgumentNullException.ThrowIfNull(creator);
        ArgumentNullException.ThrowIfNull(badges);
        ArgumentNullException.ThrowIfNull(files);
        var origins = CreatorMerge.Origins(creator.Evidence, order).ToList();
        var said = creator.Evidence.Sources.SelectMany(static s => s.Fields).Select(static f => f.File).ToHashSet();
        return new CreatorDetail
        {
            Creator = creator,
            Badge = badges[badgesOn is { } date ? BadgeOf(videos, badges, date, currency) : 0],
            Origins = origins,
            Conflicts = CreatorMerge.Conflicts(creator.Evidence, order),
            PhoneLinks = CreatorMerge.PhoneLinks(creator.Evidence),
            EarlierHandles = [.. earlier.OrderBy(static e => e.ChangedOn).ThenBy(static e => e.Handle, CodePointOrder.Instance)],
            Samples = [.. samples.OrderByDescending(static s => s.OrderedAt).ThenBy(static s => s.OrderId, CodePointOrder.Instance).ThenBy(static s => s.SkuId, CodePointOrder.Instance)],
            Videos = [.. videos.OrderByDescending(static v => v.PostedOn).ThenBy(static v => v.Key, CodePointOrder.Instance)],
            Snapshots = [.. snapshots.OrderByDescending(static s => s.Date).ThenBy(static s => s.Source)],
            Brands = [.. brands.OrderBy(static b => b.Brand, CodePointOrder.Instance)],
            Badges = badges.Months(videos, currency),
            Communications = communications,
            Files = [.. files.Where(f => said.Contains(f.Id))],
        };
    }
}
