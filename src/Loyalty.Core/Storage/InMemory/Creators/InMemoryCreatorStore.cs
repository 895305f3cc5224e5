using Loyalty.Creators;
using Loyalty.Identity;
using Loyalty.Memory;
using Loyalty.Money;
using Loyalty.Programs;
using Loyalty.Storage.Creators;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.InMemory.Creators;

/// <summary>A store of creators in the memory of the process; <see cref="StateFile"/> keeps it between runs.</summary>
/// <remarks>Reads may be made from several threads while a run is open; a commit is one step.</remarks>
public sealed class InMemoryCreatorStore : ICreatorStore
{
    private readonly Lock _gate = new();
    private bool _isRunning;
    private string[]? _handles;
    private ILookup<string, CreatorSample>? _samples;
    private ILookup<string, CreatorVideo>? _videos;

    internal LoyaltyProgram? Program { get; private set; }

    /// <summary>Everything that was committed.</summary>
    internal CreatorRecords Records { get; } = new();

    /// <summary>The log of communications, in the order of arrival.</summary>
    internal List<Communication> Communications { get; } = [];

    internal HashSet<CommunicationKey> CommunicationKeys { get; } = [];

    /// <summary>The date of the last run that had one.</summary>
    internal DateOnly? AsOf { get; private set; }

    private BadgeLadder Badges => BadgeLadder.Default(Program!.Currency);

    /// <summary>The date that the badges are of: that of the last run that had one, else of the newest video.</summary>
    /// <summary>Whose store this is a part of; none when it stands alone.</summary>
    internal (string Tenant, Currency Currency)? Owner { get; set; }

    private DateOnly? BadgesOn => AsOf ?? (Records.Videos.Count == 0 ? null : Records.Videos.Values.Max(static v => v.PostedOn));

    /// <inheritdoc/>
    public ValueTask<ICreatorRun> BeginRunAsync(LoyaltyProgram program, CreatorImportOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(options);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            CreatorRules.CheckOwner(program, Program?.Tenant ?? Owner?.Tenant, Program?.Currency.Code ?? Owner?.Currency.Code);
            if (_isRunning)
            {
                throw new StoreException(StoreFault.AlreadyRunning, "Another run is open on this store; commit or dispose it first.");
            }

            _isRunning = true;
        }

        return new(new InMemoryCreatorRun(this, program, options));
    }

    /// <inheritdoc/>
    /// <remarks>One attempt: nothing interrupts it from outside.</remarks>
    public async ValueTask<T> RunAsync<T>(
        LoyaltyProgram program, CreatorImportOptions options, Func<ICreatorRun, CancellationToken, ValueTask<T>> run, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        var opened = await BeginRunAsync(program, options, cancellationToken).ConfigureAwait(false);
        await using (opened.ConfigureAwait(false))
        {
            var result = await run(opened, cancellationToken).ConfigureAwait(false);
            await opened.CommitAsync(cancellationToken).ConfigureAwait(false);
            return result;
        }
    }

    /// <inheritdoc/>
    public ValueTask<CreatorStatus?> GetStatusAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return new(Program is null ? null : new CreatorStatus(
                Program.Tenant, Program.Currency.Code, Records.Totals, [.. Records.Order], [.. Records.Imports], BadgesOn));
        }
    }

    /// <inheritdoc/>
    public ValueTask<CreatorPage> ListAsync(CreatorQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (Program is null)
            {
                return new(new CreatorPage([], null));
            }

            var badges = Badges;
            var wanted = query.Badge is { } name ? badges.RankOf(name) : -1;
            if (query.Badge is not null && wanted < 0)
            {
                return new(new CreatorPage([], null));
            }

            var term = CreatorSearch.Normalize(query.Search);
            _handles ??= [.. Records.Creators.Keys.Order(CodePointOrder.Instance)];
            var start = query.After is { } after ? Array.BinarySearch(_handles, after, CodePointOrder.Instance) : -1;
            start = start < 0 && query.After is not null ? ~start : start + 1;
            var found = new List<ListedCreator>(query.Limit + 1);
            for (var i = start; i < _handles.Length && found.Count <= query.Limit; i++)
            {
                var creator = Records.Creators[_handles[i]];
                if ((term is null || CreatorSearch.IsMatch(creator, term))
                    && (query.Tag is null || creator.Tags.Contains(query.Tag, StringComparer.Ordinal))
                    && (query.Brand is null || Records.Links.GetValueOrDefault((query.Brand, creator.Handle)) is { IsLink: true })
                    && BadgeOf(creator.Handle, badges) is var rank && (wanted < 0 || rank == wanted))
                {
                    found.Add(new ListedCreator(creator, badges[rank]));
                }
            }

            var hasMore = found.Count > query.Limit;
            return new(new CreatorPage(hasMore ? found[..query.Limit] : found, hasMore ? found[query.Limit - 1].Creator.Handle : null));
        }
    }

    /// <inheritdoc/>
    public ValueTask<CreatorDetail?> FindAsync(string handle, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (Program is null || !Records.Creators.TryGetValue(Records.Current(handle), out var creator))
            {
                return new((CreatorDetail?)null);
            }

            handle = creator.Handle;
            return new(CreatorDetails.Make(
                creator, Program.Currency, Badges, BadgesOn, Records.Order, Records.Imports,
                [.. Records.EarlierHandles.Values.Where(e => string.Equals(Records.Current(e.Current), handle, StringComparison.Ordinal))],
                [.. Samples[handle]], [.. Videos[handle]], [.. Records.Snapshots.Values.Where(s => string.Equals(s.Handle, handle, StringComparison.Ordinal))],
                [.. Records.Links.Values.Where(l => string.Equals(l.Handle, handle, StringComparison.Ordinal))], LogOf(handle, CreatorDetails.CommunicationLimit)));
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>?> TagAsync(
        string handle, IReadOnlyCollection<string> add, IReadOnlyCollection<string> remove, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        CreatorRules.CheckTags(add);
        ArgumentNullException.ThrowIfNull(remove);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            ThrowIfRunning();
            if (!Records.Creators.TryGetValue(Records.Current(handle), out var creator))
            {
                return new((IReadOnlyList<string>?)null);
            }

            creator = creator with { Tags = [.. creator.Tags.Concat(add).Except(remove, StringComparer.Ordinal).Distinct(StringComparer.Ordinal).Order(CodePointOrder.Instance)] };
            Records.Creators[creator.Handle] = creator;
            return new(creator.Tags);
        }
    }

    /// <inheritdoc/>
    public ValueTask<Creator?> RenameAsync(string handle, string current, DateOnly changedOn, CancellationToken cancellationToken = default)
    {
        CreatorRules.CheckRename(handle, current);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            ThrowIfRunning();
            if (!Records.Creators.ContainsKey(handle))
            {
                return new((Creator?)null);
            }

            var renaming = CreatorRenaming.Decide(Records, handle, current, changedOn);
            renaming.ApplyTo(Records);
            Forget();
            return new(renaming.Creator);
        }
    }

    /// <inheritdoc/>
    public ValueTask<int> AppendCommunicationsAsync(IReadOnlyCollection<Communication> entries, CancellationToken cancellationToken = default)
    {
        CreatorRules.CheckCommunications(entries);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var added = 0;
            foreach (var entry in entries)
            {
                if (CommunicationKeys.Add(CommunicationKey.Of(entry)))
                {
                    Communications.Add(entry);
                    added++;
                }
            }

            return new(added);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Communication>> ReadCommunicationsAsync(string handle, int limit = 100, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return new(LogOf(Records.Current(handle), limit));
        }
    }

    internal void Restore(LoyaltyProgram program, DateOnly? asOf) => (Program, AsOf) = (program, asOf);

    internal void Commit(LoyaltyProgram program, CreatorImportOptions options, CreatorRecords changes)
    {
        lock (_gate)
        {
            (Program, AsOf) = (program, options.AsOf ?? AsOf);
            changes.ApplyTo(Records);
            Forget();
        }
    }

    internal void EndRun()
    {
        lock (_gate)
        {
            _isRunning = false;
        }
    }

    private ILookup<string, CreatorSample> Samples => _samples ??= Records.Samples.Values.ToLookup(static s => s.Handle, StringComparer.Ordinal);

    private ILookup<string, CreatorVideo> Videos => _videos ??= Records.Videos.Values.ToLookup(static v => v.Handle, StringComparer.Ordinal);

    private int BadgeOf(string handle, BadgeLadder badges) =>
        BadgesOn is { } date ? CreatorDetails.BadgeOf(Videos[handle], badges, date, Program!.Currency) : 0;

    /// <summary>The log of a creator, under all handles, newest first.</summary>
    private List<Communication> LogOf(string handle, int limit) =>
    [
        .. Communications.Where(c => string.Equals(Records.Current(c.Handle), handle, StringComparison.Ordinal)).OrderDescending(CommunicationKey.Order).Take(limit),
    ];

    private void Forget() => (_handles, _samples, _videos) = (null, null, null);

    private void ThrowIfRunning()
    {
        if (_isRunning)
        {
            throw new StoreException(StoreFault.AlreadyRunning, "A run is open on this store; commit or dispose it first.");
        }
    }
}
