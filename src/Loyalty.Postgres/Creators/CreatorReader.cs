using Loyalty.Creators;
using Loyalty.Money;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Runs;
using Npgsql;

namespace Loyalty.Postgres.Creators;

/// <summary>Turns rows about creators into records; columns stand in the order of <see cref="CreatorSql"/>.</summary>
internal sealed class CreatorReader(TenantTransaction transaction, Currency currency)
{
    /// <summary>How many keys a statement asks for at once.</summary>
    private const int KeysAtOnce = 8_192;

    public static async IAsyncEnumerable<T> ReadAsync<T>(
        NpgsqlCommand command, Func<NpgsqlDataReader, T> read, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    yield return read(reader);
                }
            }
        }
    }

    public static async ValueTask<List<T>> ListAsync<T>(NpgsqlCommand command, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var rows = new List<T>();
        await foreach (var row in ReadAsync(command, read, cancellationToken).ConfigureAwait(false))
        {
            rows.Add(row);
        }

        return rows;
    }

    /// <summary>The rows whose keys are asked for by value, so that the work follows what is asked, not what is stored.</summary>
    public async ValueTask<List<T>> ByKeysAsync<T>(
        string sql, IReadOnlyCollection<string> keys, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, DateOnly? day = null)
    {
        var rows = new List<T>();
        foreach (var block in keys.Chunk(KeysAtOnce))
        {
            var command = transaction.Command(sql).With(block);
            await foreach (var row in ReadAsync(day is { } date ? command.With(date) : command, read, cancellationToken).ConfigureAwait(false))
            {
                rows.Add(row);
            }
        }

        return rows;
    }

    public Creator Creator(NpgsqlDataReader row) => new()
    {
        Handle = row.GetString(0), Email = row.GetString(1), Phone = row.GetString(2), FirstName = row.GetString(3), LastName = row.GetString(4),
        Address = new PostalAddress(row.GetString(5), row.GetString(6), row.GetString(7), row.GetString(8), row.GetString(9), row.GetString(10)),
        Followers = Long(row, 11), Gmv = Amount(row, 12), Videos = row.GetInt32(13), Samples = row.GetInt32(14),
        Sources = Array.ConvertAll(row.GetFieldValue<string[]>(16), Source), Evidence = Evidence(row.GetString(17)),
    };

    public ListedRow Listed(NpgsqlDataReader row) => new(Creator(row), row.GetInt16(15));

    public static CreatorSample Sample(NpgsqlDataReader row) => new()
    {
        OrderId = row.GetString(0), SkuId = row.GetString(1), Handle = row.GetString(2), Brand = row.GetString(3), ProductId = row.GetString(4), SellerSku = row.GetString(5),
        ProductName = row.GetString(6), Variation = row.GetString(7), Quantity = row.IsDBNull(8) ? null : row.GetInt32(8), Status = row.GetString(9), OrderedAt = Time(row, 10),
        ShippedAt = Time(row, 11), DeliveredAt = Time(row, 12), CancelledAt = Time(row, 13),
    };

    public CreatorVideo Video(NpgsqlDataReader row) => new()
    {
        Key = row.GetString(0), Handle = row.GetString(1), PostedOn = row.GetFieldValue<DateOnly>(2), Title = row.GetString(3), Url = row.GetString(4),
        Gmv = currency.ToAmount(row.GetInt64(5)), Units = row.GetInt64(6), Orders = row.GetInt64(7), Impressions = row.GetInt64(8), Likes = row.GetInt64(9),
        Comments = row.GetInt64(10), ClickThroughPercent = row.IsDBNull(11) ? null : row.GetDecimal(11), Commission = Amount(row, 12),
        Products = row.GetFieldValue<string[]>(13),
    };

    public CreatorSnapshot Snapshot(NpgsqlDataReader row) => new()
    {
        Handle = row.GetString(0), Date = row.GetFieldValue<DateOnly>(1), Source = Source(row.GetString(2)), Followers = Long(row, 3), Gmv = Amount(row, 4), Emv = Amount(row, 5),
        Posts = Long(row, 6), Likes = Long(row, 7), Comments = Long(row, 8), Shares = Long(row, 9), Engagement = Long(row, 10), Impressions = Long(row, 11),
        Platform = row.GetString(12), Profile = row.GetString(13), LastPost = row.GetString(14),
    };

    public BrandLink Link(NpgsqlDataReader row) => new()
    {
        Brand = row.GetString(0), Handle = row.GetString(1), Samples = row.GetInt32(2), Gmv = Amount(row, 3), Videos = Long(row, 4), Lives = Long(row, 5),
        ProductsSampled = row.GetString(6),
    };

    public CreatorProduct Product(NpgsqlDataReader row) => new()
    {
        ProductId = row.GetString(0), Name = row.GetString(1), SellerSku = row.GetString(2), SkuId = row.GetString(3), ListingStatus = row.GetString(4), Gmv = Amount(row, 5),
        CreatorGmv = Amount(row, 6), Orders = Long(row, 7), Units = Long(row, 8),
    };

    public static EarlierHandle Earlier(NpgsqlDataReader row) => new(row.GetString(0), row.GetString(1), row.GetFieldValue<DateOnly>(2));

    public static CreatorImport Import(NpgsqlDataReader row) =>
        new(row.GetInt32(0), Source(row.GetString(1)), row.GetString(2), row.GetString(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6));

    public static Communication Communication(NpgsqlDataReader row) => new()
    {
        At = row.GetFieldValue<DateTime>(0), Handle = row.GetString(1), Channel = row.GetString(2), Direction = row.GetString(3), Status = row.GetString(4),
        ExternalId = row.GetString(5), Subject = row.GetString(6),
    };

    /// <summary>The tags of creators, put into them.</summary>
    public async ValueTask<List<Creator>> WithTagsAsync(List<Creator> creators, CancellationToken cancellationToken)
    {
        var tags = (await ByKeysAsync(
            CreatorSql.TagsByHandle, [.. creators.Select(static c => c.Handle)], static row => (Handle: row.GetString(0), Tag: row.GetString(1)), cancellationToken).ConfigureAwait(false))
            .ToLookup(static t => t.Handle, static t => t.Tag, StringComparer.Ordinal);
        return tags.Count == 0 ? creators : creators.ConvertAll(c => tags.Contains(c.Handle) ? c with { Tags = [.. tags[c.Handle]] } : c);
    }

    public static CreatorSource Source(string name) => CreatorSourceName.TryParse(name, out var source) ? source : throw Damaged($"the source '{name}'");

    private static CreatorEvidence Evidence(string text)
    {
        try
        {
            return EvidenceJson.Read(text);
        }
        catch (FormatException e)
        {
            throw Damaged("evidence that cannot be read", e);
        }
    }

    private static StoreException Damaged(string what, Exception? cause = null) => new(
        StoreFault.Damaged, $"The database holds {what}, which this version does not know; update the library or restore a backup.", cause);

    private decimal? Amount(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : currency.ToAmount(row.GetInt64(column));

    private static long? Long(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    private static DateTime? Time(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetDateTime(column);
}

/// <summary>A creator and the rank of the badge.</summary>
internal readonly record struct ListedRow(Creator Creator, int Badge);

/// <summary>The row that stands for all creators of a tenant.</summary>
internal sealed record CreatorBookRow(
    int LastImport, CreatorCounts Counts, DateOnly? AsOf, DateOnly? BadgesOn, string Name, string Currency, CreatorSource[] Order, string[] BadgeNames, long[] BadgeThresholds,
    string? InputDigest)
{
    /// <summary>The ladder of the last run.</summary>
    public BadgeLadder Badges => new(new Tiers.TierLadder(BadgeNames.Zip(BadgeThresholds, static (name, threshold) => new Tiers.TierLevel(name, threshold))));

    public static CreatorBookRow Read(NpgsqlDataReader row) => new(
        row.GetInt32(0), new CreatorCounts(row.GetInt32(1), row.GetInt32(2), row.GetInt32(3), row.GetInt32(4), row.GetInt32(5), row.GetInt32(6)),
        row.IsDBNull(7) ? null : row.GetFieldValue<DateOnly>(7), row.IsDBNull(8) ? null : row.GetFieldValue<DateOnly>(8), row.GetString(9), row.GetString(10),
        Array.ConvertAll(row.GetFieldValue<string[]>(11), CreatorReader.Source), row.GetFieldValue<string[]>(12), row.GetFieldValue<long[]>(13),
        row.IsDBNull(14) ? null : row.GetString(14));
}
