using System.Collections.Concurrent;
using System.Text;
using Loyalty.Postgres.Points.Rows;
using Loyalty.Postgres.Sessions;
using Loyalty.Programs;
using Loyalty.Storage.Runs;

namespace Loyalty.Postgres.Points.Books;

/// <summary>Whose book it is, how large its steps are, and the programs that its runs were made with.</summary>
internal sealed class BookContext(string tenant, StoreLimits limits)
{
    private readonly ConcurrentDictionary<string, LoyaltyProgram> _programs = new(StringComparer.Ordinal);
    private long _size;

    public string Tenant => tenant;

    public StoreLimits Limits => limits;

    /// <summary>How many rows came to the book at least since it was seen last. Never called twice at once.</summary>
    public long GrowthOf(BookState book)
    {
        var size = book.Version + book.Arrivals;
        var grown = size - _size;
        _size = size;
        return grown;
    }

    /// <summary>A program by its digest; read once.</summary>
    public async ValueTask<LoyaltyProgram> ReadProgramAsync(TenantTransaction transaction, string digest, CancellationToken cancellationToken)
    {
        if (_programs.TryGetValue(digest, out var known))
        {
            return known;
        }

        var json = await transaction.Command(PointsSql.ReadProgram).With(digest).ScalarAsync(cancellationToken).ConfigureAwait(false) as string
            ?? throw new StoreException(StoreFault.Damaged, "The program of the tenant's last run is missing; restore the tables from a backup.");
        if (!LoyaltyProgram.TryRead(Encoding.UTF8.GetBytes(json), out var program, out var faults))
        {
            throw new StoreException(StoreFault.Newer, $"The stored program cannot be read by this version of the library: {faults[0]}");
        }

        _programs[digest] = program;
        return program;
    }
}
