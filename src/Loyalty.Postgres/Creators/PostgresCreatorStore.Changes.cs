using System.Data;
using Loyalty.Creators;
using Loyalty.Money;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Creators;
using NpgsqlTypes;

namespace Loyalty.Postgres.Creators;

/// <summary>What changes creators beside imports: tags, other handles, the log of communications.</summary>
public sealed partial class PostgresCreatorStore
{
    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>?> TagAsync(
        string handle, IReadOnlyCollection<string> add, IReadOnlyCollection<string> remove, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        CreatorRules.CheckTags(add);
        ArgumentNullException.ThrowIfNull(remove);
        return CannotBeKept(handle) ? default : ChangeAsync<IReadOnlyList<string>?>(
            async (transaction, _, reader, token) =>
            {
                string[] key = [(await EarlierAsync(transaction, reader, token).ConfigureAwait(false)).Current(handle)];
                var found = await reader.ByKeysAsync(CreatorSql.CreatorsByHandle, key, reader.Creator, token).ConfigureAwait(false);
                if (found.Count == 0)
                {
                    return null;
                }

                await transaction.Command(CreatorSql.InsertTags).With(key[0]).With([.. add.Except(remove, StringComparer.Ordinal)]).ExecuteAsync(token).ConfigureAwait(false);
                await transaction.Command(CreatorSql.DeleteTags).With(key[0]).With([.. remove.Where(static t => !CannotBeKept(t))]).ExecuteAsync(token).ConfigureAwait(false);
                return (await reader.WithTagsAsync(found, token).ConfigureAwait(false))[0].Tags;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<Creator?> RenameAsync(string handle, string current, DateOnly changedOn, CancellationToken cancellationToken = default)
    {
        CreatorRules.CheckRename(handle, current);
        return CannotBeKept(handle) ? default : ChangeAsync<Creator?>(
            async (transaction, book, reader, token) =>
            {
                var records = await EarlierAsync(transaction, reader, token).ConfigureAwait(false);
                records.Order.AddRange(book.Order);
                var found = await reader.ByKeysAsync(CreatorSql.CreatorsByHandle, (string[])[handle, current], reader.Creator, token).ConfigureAwait(false);
                foreach (var creator in await reader.WithTagsAsync(found, token).ConfigureAwait(false))
                {
                    records.Creators.Add(creator.Handle, creator);
                }

                if (!records.Creators.ContainsKey(handle))
                {
                    return null;
                }

                foreach (var link in await reader.ByKeysAsync(CreatorSql.LinksByHandle, (string[])[handle, current], reader.Link, token).ConfigureAwait(false))
                {
                    records.Links.Add((link.Brand, link.Handle), link);
                }

                var renaming = CreatorRenaming.Decide(records, handle, current, changedOn);
                await MoveAsync(transaction, book, records, renaming, token).ConfigureAwait(false);
                return renaming.Creator;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<int> AppendCommunicationsAsync(IReadOnlyCollection<Communication> entries, CancellationToken cancellationToken = default)
    {
        CreatorRules.CheckCommunications(entries);
        return entries.Count == 0 ? new(0) : GuardAsync(
            async token =>
            {
                var transaction = await OpenAsync(IsolationLevel.ReadCommitted, "", token).ConfigureAwait(false);
                await using (transaction.ConfigureAwait(false))
                {
                    var command = transaction.Command(CreatorSql.AppendCommunications);
                    command.Parameters.Add(new Npgsql.NpgsqlParameter<DateTime[]>
                    {
                        TypedValue = [.. entries.Select(static e => e.At)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
                    });
                    var added = await command.With([.. entries.Select(static e => e.Handle)]).With([.. entries.Select(static e => e.Channel)])
                        .With([.. entries.Select(static e => e.Direction)]).With([.. entries.Select(static e => e.Status)]).With([.. entries.Select(static e => e.ExternalId)])
                        .With([.. entries.Select(static e => e.Subject)]).ExecuteAsync(token).ConfigureAwait(false);
                    await transaction.CommitAsync(token).ConfigureAwait(false);
                    return (int)added;
                }
            },
            cancellationToken);
    }

    private async ValueTask MoveAsync(
        TenantTransaction transaction, CreatorBookRow book, CreatorRecords records, CreatorRenaming renaming, CancellationToken cancellationToken)
    {
        var (before, current) = (renaming.Earlier.Handle, renaming.Creator.Handle);
        foreach (var sql in CreatorSql.Move)
        {
            await transaction.Command(sql).With(before).With(current).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        }

        var moved = await transaction.Command(CreatorSql.MoveSnapshots).With(before).With(current).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        var removed = await transaction.Command(CreatorSql.RemoveSnapshots).With(before).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        foreach (var sql in CreatorSql.Remove)
        {
            await transaction.Command(sql).With(before).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        }

        var currency = Currency.Get(book.Currency);
        var (creators, search, links) = (new CreatorRows(currency), new SearchRows(TenantId), new LinkRows(currency));
        creators.Add(renaming.Creator);
        search.Add(renaming.Creator);
        foreach (var link in renaming.Links)
        {
            links.Add(link);
        }

        await creators.WriteAsync(transaction, Options.Limits, cancellationToken).ConfigureAwait(false);
        await search.WriteAsync(transaction, Options.Limits, cancellationToken).ConfigureAwait(false);
        await links.WriteAsync(transaction, Options.Limits, cancellationToken).ConfigureAwait(false);
        await transaction.Command(CreatorSql.RemoveEarlierHandle).With(current).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        await transaction.Command(CreatorSql.PutEarlierHandle).With(renaming.Earlier.ChangedOn).With(before).With(current).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        var lostLinks = records.Links.Values.Count(l => l.IsLink && string.Equals(l.Handle, before, StringComparison.Ordinal)
            && records.Links.GetValueOrDefault((l.Brand, current)) is { IsLink: true });
        await transaction.Command(CreatorSql.LowerCounts)
            .With(records.Creators.ContainsKey(current) ? 1 : 0).With((int)(removed - moved)).With(lostLinks).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        if (book.BadgesOn is { } date)
        {
            await CreatorBadgeWriter.WriteAsync(transaction, book.Badges, date, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Changes creators under the lock of the tenant's row, so that no run of imports is at work.</summary>
    private ValueTask<T> ChangeAsync<T>(Func<TenantTransaction, CreatorBookRow, CreatorReader, CancellationToken, ValueTask<T>> change, CancellationToken cancellationToken) => GuardAsync(
        async token =>
        {
            var transaction = await OpenAsync(IsolationLevel.ReadCommitted, CreatorSql.SeeAll, token).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                var books = await CreatorReader.ListAsync(transaction.Command(CreatorSql.LockBook), CreatorBookRow.Read, token).ConfigureAwait(false);
                if (books is not [var book])
                {
                    return default!;
                }

                var result = await change(transaction, book, new CreatorReader(transaction, Currency.Get(book.Currency)), token).ConfigureAwait(false);
                await transaction.CommitAsync(token).ConfigureAwait(false);
                return result;
            }
        },
        cancellationToken);
}
