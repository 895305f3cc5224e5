using System.Data.Common;
using Loyalty.Storage.Runs;

namespace Loyalty.Postgres.Points.Books;

/// <summary>The row of a tenant's book of points.</summary>
internal sealed record BookState(long Version, long Arrivals, long Redemptions, long Issued, DateOnly AsOf, string ProgramDigest)
{
    /// <summary>Reads the book from the first result of a batch and goes on to the next; <see langword="null"/> while the tenant has none.</summary>
    /// <inheritdoc cref="Read"/>
    public static async ValueTask<BookState?> ReadFirstAsync(DbDataReader reader, string tenant)
    {
        var book = await reader.ReadAsync().ConfigureAwait(false) ? Read(reader, tenant) : null;
        await reader.NextResultAsync().ConfigureAwait(false);
        return book;
    }

    /// <summary>Reads the row that the reader stands on.</summary>
    /// <exception cref="StoreException">The number of the tenant is taken by another one.</exception>
    public static BookState Read(DbDataReader reader, string tenant)
    {
        var name = reader.GetString(5);
        return string.Equals(name, tenant, StringComparison.Ordinal)
            ? new(
                reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetFieldValue<DateOnly>(4), reader.GetString(6))
            : throw new StoreException(
                StoreFault.OtherTenant, $"The number of tenant '{tenant}' is taken by tenant '{name}'; choose another name for the tenant.");
    }
}
