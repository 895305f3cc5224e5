using Loyalty.Activities;
using Loyalty.Postgres.Copy;

namespace Loyalty.Postgres.Sync;

/// <summary>
/// Takes the activities of a run into a temporary table by one long COPY, and tells which of them are new, changed, unchanged or superseded.
/// </summary>
internal sealed class ActivityStage : IAsyncDisposable
{
#if DEBUG
    private const int FlushAt = 256;
    private const int MostRepeated = 8;
#else
    private const int FlushAt = 1 << 16;
    private const int MostRepeated = 1 << 20;
#endif

    private readonly TenantTransaction _transaction;
    private readonly KeySketch _seen = new();
    private readonly CopyBuffer _buffer = new(FlushAt * 2);
    private readonly CopyBuffer _repeated = new();
    private CopyStream? _copy;
    private bool _created;
    private long _staged;
    private decimal _sales;

    public ActivityStage(TenantTransaction transaction) => _transaction = transaction;

    /// <summary>Rows that came in.</summary>
    public long Staged => _staged;

    /// <summary>Sales over the rows that came in.</summary>
    public decimal Sales => _sales;

    public long Inserted { get; private set; }

    public long Updated { get; private set; }

    public long Superseded { get; private set; }

    public long Unchanged => _staged - Superseded - Inserted - Updated;

    public async ValueTask AddAsync(ActivityBatch batch, CancellationToken cancellationToken)
    {
        if (_copy is null)
        {
            await CreateAsync(cancellationToken).ConfigureAwait(false);
            _copy = await CopyStream.OpenAsync(_transaction.Connection, SyncSql.CopyStage, cancellationToken).ConfigureAwait(false);
        }

        for (var i = 0; i < batch.Count;)
        {
            i = Encode(batch, i);
            if (_buffer.Length >= FlushAt)
            {
                await _copy.SendAsync(_buffer, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Ends the COPY and leaves the last row of each key.</summary>
    public async ValueTask CloseAsync(CancellationToken cancellationToken)
    {
        if (_copy is null)
        {
            await CreateAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        await _copy.SendAsync(_buffer, cancellationToken).ConfigureAwait(false);
        await _copy.CompleteAsync(cancellationToken).ConfigureAwait(false);
        if (_repeated.Rows > MostRepeated)
        {
            Superseded = await _transaction.ExecuteLocalAsync(SyncSql.DropAllSuperseded, cancellationToken).ConfigureAwait(false);
        }
        else if (_repeated.Rows > 0)
        {
            await _transaction.ExecuteLocalAsync(SyncSql.CreateRepeated, cancellationToken).ConfigureAwait(false);
            await _repeated.SendAsync(_transaction.Connection, SyncSql.CopyRepeated, cancellationToken).ConfigureAwait(false);
            Superseded = await _transaction.ExecuteLocalAsync(SyncSql.DropSuperseded, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes what is new and what changed, and notes whom it touches.</summary>
    /// <param name="tenantIsEmpty">Whether nothing is stored, so that every row is new.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask MergeAsync(bool tenantIsEmpty, CancellationToken cancellationToken)
    {
        if (tenantIsEmpty)
        {
            Inserted = await _transaction.ExecuteAsync(SyncSql.LoadActivity, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (_staged == 0)
        {
            return;
        }

        await _transaction.ExecuteLocalAsync(SyncSql.CreateChange, cancellationToken).ConfigureAwait(false);
        if (await _transaction.ExecuteAsync(SyncSql.FindChanges, cancellationToken).ConfigureAwait(false) == 0)
        {
            return;
        }

        Inserted = await _transaction.ExecuteAsync(SyncSql.InsertActivity, cancellationToken).ConfigureAwait(false);
        Updated = await _transaction.ExecuteAsync(SyncSql.UpdateActivity, cancellationToken).ConfigureAwait(false);
        await _transaction.ExecuteLocalAsync(SyncSql.TouchChanged, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _seen.Dispose();
        if (_copy is not null)
        {
            await _copy.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask CreateAsync(CancellationToken cancellationToken)
    {
        if (!_created)
        {
            _created = true;
            await _transaction.ExecuteLocalAsync(SyncSql.CreateStage, cancellationToken).ConfigureAwait(false);
        }
    }

    private int Encode(ActivityBatch batch, int first)
    {
        var i = first;
        for (; i < batch.Count && _buffer.Length < FlushAt; i++)
        {
            var activity = batch[i];
            CopyBuffer.ThrowUnlessStorable(activity.Key, "The key of an activity");
            CopyBuffer.ThrowUnlessStorable(activity.Handle, "The handle of an activity");
            CopyBuffer.ThrowUnlessStorable(activity.ClickThroughRate, "The click-through rate of an activity");
            CopyBuffer.ThrowUnlessStorable(activity.Title, "The title of an activity");
            CopyBuffer.ThrowUnlessStorable(activity.Url, "The URL of an activity");
            HandleLimit.Check(activity.Handle.Length);
            if (_seen.Mark(activity.Key) && _repeated.Rows <= MostRepeated)
            {
                _repeated.StartRow(1);
                _repeated.Text(activity.Key);
            }

            _sales += activity.Sales;
            _buffer.StartRow(12);
            _buffer.Int64(_staged++);
            _buffer.Int64(activity.Sales);
            _buffer.Int64(activity.Views);
            _buffer.Date(activity.Date.DayNumber);
            _buffer.Int32(activity.Units);
            _buffer.Int32(activity.Likes);
            _buffer.Int32(activity.Comments);
            _buffer.Text(activity.Key);
            _buffer.Text(activity.Handle);
            _buffer.Text(activity.ClickThroughRate);
            _buffer.Text(activity.Title);
            if (Follows(activity))
            {
                _buffer.Null();
            }
            else
            {
                _buffer.Text(activity.Url);
            }
        }

        return i;
    }

    /// <summary>Whether the URL is the one that handle and key give, so that it need not be kept.</summary>
    private static bool Follows(in Activity activity)
    {
        var url = activity.Url;
        return url.Length == 31 + activity.Handle.Length + activity.Key.Length
            && url.StartsWith("https://www.tiktok.com/@"u8)
            && url[24..].StartsWith(activity.Handle)
            && url[(24 + activity.Handle.Length)..].StartsWith("/video/"u8)
            && url.EndsWith(activity.Key);
    }
}

/// <summary>How long a handle may be, so that the keys it is part of fit an index of PostgreSQL.</summary>
internal static class HandleLimit
{
    public const int MaxLength = 1_024;

    public static void Check(int length)
    {
        if (length > MaxLength)
        {
            throw new ArgumentException($"A handle has {length} bytes, but PostgreSQL can keep {MaxLength}; reject the row.", nameof(length));
        }
    }
}
