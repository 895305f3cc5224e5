using System.Runtime.CompilerServices;
using System.Text.Json;
using Loyalty.Storage.Runs;

namespace Loyalty.Sqlite.Files;

/// <content>What calls of all books have in common: one moment or one transaction, and one answer to rows that nobody wrote.</content>
internal sealed partial class SqliteFile
{
    /// <summary>Reads in one moment; <paramref name="none"/> while there is no file.</summary>
    public T Read<T>(Func<SqliteConnectionLease, T> read, T none, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var lease = OpenForReading();
        try
        {
            return lease is null ? none : read(lease);
        }
        catch (Exception e) when (IsDamage(e))
        {
            throw Damaged(e);
        }
    }

    /// <summary>Reads rows in one moment, which lasts until the caller has read them.</summary>
    public async IAsyncEnumerable<T> ReadEachAsync<T>(Func<SqliteConnectionLease, IEnumerable<T>> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        using var lease = OpenForReading();
        if (lease is null)
        {
            yield break;
        }

        using var items = read(lease).GetEnumerator();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                if (!items.MoveNext())
                {
                    yield break;
                }
            }
            catch (Exception e) when (IsDamage(e))
            {
                throw Damaged(e);
            }

            yield return items.Current;
        }
    }

    /// <summary>Changes what is stored, in one transaction of a short call.</summary>
    public T Change<T>(Func<SqliteConnectionLease, T> change, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var lease = OpenForCall();
        try
        {
            var result = change(lease);
            lease.Commit();
            return result;
        }
        catch (Exception e) when (IsDamage(e))
        {
            throw Damaged(e);
        }
    }

    /// <summary>Opens the file for a run and begins it; a run that does not begin holds nothing.</summary>
    public TRun Begin<TRun>(Func<SqliteConnectionLease, TRun> begin, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var lease = OpenForRun();
        try
        {
            return begin(lease);
        }
        catch (Exception e)
        {
            lease.Dispose();
            if (IsDamage(e))
            {
                throw Damaged(e);
            }

            throw;
        }
    }

    private static bool IsDamage(Exception e) => e is InvalidDataException or FormatException or JsonException;

    private StoreException Damaged(Exception e) => new(
        StoreFault.Damaged, $"'{Path}' holds what no run wrote: {e.Message}. Restore it from a backup.", e);
}
