using Loyalty.Creators;
using Loyalty.Programs;
using Loyalty.Sqlite.Files;
using Loyalty.Storage.Creators;
using Loyalty.Storage.Runs;

namespace Loyalty.Sqlite.Creators;

/// <summary>Creators, what the sources say of them, and what was said to them, in a SQLite file.</summary>
/// <remarks>May be used by several threads. One run is open at a time, and while it is, nothing else is changed: others are told so.</remarks>
internal sealed class SqliteCreatorStore(SqliteFile file) : ICreatorStore
{
    public ValueTask<ICreatorRun> BeginRunAsync(LoyaltyProgram program, CreatorImportOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(options);
        return new(file.Begin(lease => new SqliteCreatorRun(lease, program, options), cancellationToken));
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

    public ValueTask<CreatorStatus?> GetStatusAsync(CancellationToken cancellationToken = default) => new(Read(
        static (rows, run) => new CreatorStatus(run.Tenant, run.Currency.Code, run.Totals, rows.Order(), rows.Imports(), rows.BadgesOn(run)), cancellationToken));

    public ValueTask<CreatorPage> ListAsync(CreatorQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return new(Read((rows, run) => List(rows, run, query, cancellationToken), cancellationToken) ?? new CreatorPage([], null));
    }

    public ValueTask<CreatorDetail?> FindAsync(string handle, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return new(Read(
            (rows, run) =>
            {
                var earlier = rows.Earlier();
                if (rows.Creator(earlier.Current(handle)) is not { } creator)
                {
                    return null;
                }

                var current = creator.Handle;
                var before = Before(earlier, current);
                return CreatorDetails.Make(
                    creator, run.Currency, BadgeLadder.Default(run.Currency), rows.BadgesOn(run), rows.Order(), rows.Imports(), before, rows.SamplesOf(current),
                    rows.VideosOf(current), rows.SnapshotsOf(current), rows.LinksOf(current),
                    rows.Communications([current, .. before.Select(static e => e.Handle)], CreatorDetails.CommunicationLimit));
            },
            cancellationToken));
    }

    public ValueTask<IReadOnlyList<string>?> TagAsync(
        string handle, IReadOnlyCollection<string> add, IReadOnlyCollection<string> remove, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        CreatorRules.CheckTags(add);
        ArgumentNullException.ThrowIfNull(remove);
        return new(Change<IReadOnlyList<string>?>(
            rows =>
            {
                if (rows.Creator(rows.Earlier().Current(handle)) is not { } creator)
                {
                    return null;
                }

                foreach (var tag in add)
                {
                    rows.AddTag(creator.Handle, tag);
                }

                foreach (var tag in remove)
                {
                    rows.RemoveTag(creator.Handle, tag);
                }

                return rows.Creator(creator.Handle)!.Tags;
            },
            cancellationToken));
    }

    public ValueTask<Creator?> RenameAsync(string handle, string current, DateOnly changedOn, CancellationToken cancellationToken = default)
    {
        CreatorRules.CheckRename(handle, current);
        return new(Change(
            rows =>
            {
                if (rows.Run() is not { } run || rows.Creator(handle) is not { } old)
                {
                    return null;
                }

                var records = rows.Earlier();
                records.Order.AddRange(rows.Order());
                records.Creators.Add(handle, old);
                if (rows.Creator(current) is { } other)
                {
                    records.Creators.Add(current, other);
                }

                foreach (var link in rows.LinksOf(handle).Concat(rows.LinksOf(current)))
                {
                    records.Links.Add((link.Brand, link.Handle), link);
                }

                var renaming = CreatorRenaming.Decide(records, handle, current, changedOn);
                var lostSnapshots = rows.Move(renaming);
                var lostLinks = records.Links.Values.Count(l => l.IsLink && string.Equals(l.Handle, handle, StringComparison.Ordinal)
                    && records.Links.GetValueOrDefault((l.Brand, current)) is { IsLink: true });
                var totals = run.Totals;
                rows.Put(run with
                {
                    Totals = totals with
                    {
                        Creators = totals.Creators - (records.Creators.ContainsKey(current) ? 1 : 0), Snapshots = totals.Snapshots - lostSnapshots,
                        BrandLinks = totals.BrandLinks - lostLinks,
                    },
                });
                foreach (var tag in renaming.Creator.Tags)
                {
                    rows.AddTag(current, tag);
                }

                return renaming.Creator;
            },
            cancellationToken));
    }

    public ValueTask<int> AppendCommunicationsAsync(IReadOnlyCollection<Communication> entries, CancellationToken cancellationToken = default)
    {
        CreatorRules.CheckCommunications(entries);
        return new(entries.Count == 0 ? 0 : Change(rows => entries.Count(rows.Append), cancellationToken));
    }

    public ValueTask<IReadOnlyList<Communication>> ReadCommunicationsAsync(string handle, int limit = 100, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return new(file.Read(
            lease =>
            {
                var rows = new CreatorRows(lease);
                var earlier = rows.Earlier();
                var current = earlier.Current(handle);
                return (IReadOnlyList<Communication>)rows.Communications([current, .. Before(earlier, current).Select(static e => e.Handle)], limit);
            },
            [],
            cancellationToken));
    }

    private static List<EarlierHandle> Before(CreatorRecords earlier, string current) =>
        [.. earlier.EarlierHandles.Values.Where(e => string.Equals(earlier.Current(e.Current), current, StringComparison.Ordinal))];

    private static CreatorPage List(CreatorRows rows, CreatorRunRow run, CreatorQuery query, CancellationToken cancellationToken)
    {
        var badges = BadgeLadder.Default(run.Currency);
        var wanted = query.Badge is { } name ? badges.RankOf(name) : -1;
        if (query.Badge is not null && wanted < 0)
        {
            return new([], null);
        }

        var term = CreatorSearch.Normalize(query.Search) is { } text ? CreatorSearch.IsAnywhere(text) ? text : CreatorSearch.Start + text : null;
        var date = rows.BadgesOn(run);
        var found = new List<ListedCreator>(query.Limit + 1);
        foreach (var creator in rows.Creators(query.After ?? string.Empty, term, query.Tag, query.Brand))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var rank = date is { } day ? CreatorDetails.BadgeOf(rows.SalesOf(creator.Handle, MonthBefore(day)), badges, day, run.Currency) : 0;
            if (wanted >= 0 && rank != wanted)
            {
                continue;
            }

            if (found.Count == query.Limit)
            {
                // One more than asked for tells that there is a next page.
                return new(found, found[^1].Creator.Handle);
            }

            found.Add(new ListedCreator(creator, badges[rank]));
        }

        return new(found, null);
    }

    private static DateOnly MonthBefore(DateOnly day) => BadgeLadder.MonthOf(day) is var month && month == DateOnly.MinValue ? month : month.AddMonths(-1);

    private T? Read<T>(Func<CreatorRows, CreatorRunRow, T?> read, CancellationToken cancellationToken)
        where T : class => file.Read(lease => new CreatorRows(lease) is var rows && rows.Run() is { } run ? read(rows, run) : null, null, cancellationToken);

    private T Change<T>(Func<CreatorRows, T> change, CancellationToken cancellationToken) => file.Change(lease => change(new CreatorRows(lease)), cancellationToken);
}
