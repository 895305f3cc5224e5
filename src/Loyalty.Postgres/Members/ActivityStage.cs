using Loyalty.Activities;
using Loyalty.Postgres.Copy;
using Loyalty.Postgres.Sessions;

namespace Loyalty.Postgres.Members;

/// <summary>
/// Takes the activities of a run into a temporary table by one long COPY, and tells which of them are new, changed, unchanged or superseded.
/// </summary>
internal sealed class ActivityStage : IAsyncDisposable
{
    private readonly TenantTransaction _transaction;
    private readonly CopyBuffer _buffer = new();
    private readonly StoreLimits _limits;
    private readonly List<string> _repeated = [];
    private readonly long _stored;
    private KeySketch? _seen;
    private CopyStream? _copy;
    private StoredDigests? _digests;
    private RememberedChanges? _remembered;
    private bool _manyRepeated;
    private bool _created;
    private long _staged;
    private long _sent;
    private decimal _sales;

    /// <summary>Prepares to take activities.</summary>
    /// <param name="transaction">The run's transaction.</param>
    /// <param name="stored">How many activities are stored.</param>
    /// <param name="limits">Sizes.</param>
    public ActivityStage(TenantTransaction transaction, long stored, StoreLimits limits)
    {
        _limits = limits;
        _transaction = transaction;
        _stored = stored;
        _remembered = stored == 0 ? new RememberedChanges(limits) : null;
    }

    /// <summary>What the rows of a first load mean for members, unless they are too many or a key came twice; asked after closing.</summary>
    public RememberedChanges? Remembered => _manyRepeated || _repeated.Count > 0 ? null : _remembered;

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
        await CreateAsync(cancellationToken).ConfigureAwait(false);
        var expected = _staged + batch.Count + batch.ExpectedRest;
        _seen ??= new KeySketch(expected);
        await AskDigestsAsync(expected, cancellationToken).ConfigureAwait(false);
        _copy ??= await CopyStream.OpenAsync(_transaction.Connection, SyncSql.CopyStage, cancellationToken).ConfigureAwait(false);
        if (_remembered?.Count > _limits.MostRemembered)
        {
            _remembered = null;
        }

        for (var i = 0; i < batch.Count;)
        {
            i = Encode(batch, i);
            if (_buffer.Length >= _limits.FlushBytes)
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
        if (_manyRepeated)
        {
            Superseded = await _transaction.ExecuteLocalAsync(SyncSql.DropAllSuperseded, cancellationToken).ConfigureAwait(false);
            Superseded += await CountHeldBackAsync(_transaction.Command(SyncSql.StoredDigestsOfStaged), cancellationToken).ConfigureAwait(false);
        }
        else if (_repeated.Count > 0)
        {
            string[] keys = [.. _repeated.Distinct(StringComparer.Ordinal)];
            var drop = _transaction.LocalCommand(SyncSql.DropSuperseded).With(keys);
            await using (drop.ConfigureAwait(false))
            {
                Superseded = await drop.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }

            Superseded += await CountHeldBackAsync(_transaction.Command(SyncSql.StoredDigestsOf).With(keys), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes what is new and what changed, and notes whom it changes.</summary>
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
        if (await FindChangesAsync(cancellationToken).ConfigureAwait(false) == 0)
        {
            return;
        }

        await _transaction.ExecuteLocalAsync(SyncSql.AnalyzeChange, cancellationToken).ConfigureAwait(false);

        Inserted = await _transaction.ExecuteAsync(SyncSql.InsertActivity, cancellationToken).ConfigureAwait(false);
        Updated = await _transaction.ExecuteAsync(SyncSql.UpdateActivity, cancellationToken).ConfigureAwait(false);
        await _transaction.ExecuteLocalAsync(SyncSql.TouchChanged, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<long> FindChangesAsync(CancellationToken cancellationToken)
    {
        await _transaction.ExecuteLocalAsync(SyncSql.CreateFound, cancellationToken).ConfigureAwait(false);

        // A look-up costs about as much as reading and hashing four stored rows. What a node of a cluster is sent at once has a limit: hence pieces.
        var pieces = await StagePieces.OfAsync(_transaction, "loyalty_stage", cancellationToken).ConfigureAwait(false);
        var find = _sent / Math.Max(1, pieces.Count) > _stored / 4 ? SyncSql.FindManyStored : SyncSql.FindStored;
        foreach (var (first, end) in pieces)
        {
            await _transaction.Command(find).With(first).With(end).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        }

        return await _transaction.ExecuteLocalAsync(SyncSql.FindChanges, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _seen?.Dispose();
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

    /// <summary>
    /// Once a run turns out to be long beside what is stored, reads the digests of what is stored: from then on rows that are stored already
    /// are held back.
    /// </summary>
    /// <param name="rows">How many rows the run has, as far as it is known.</param>
    /// <param name="cancellationToken">Gives up.</param>
    private async ValueTask AskDigestsAsync(long rows, CancellationToken cancellationToken)
    {
        if (_digests is not null || rows < Math.Max(_limits.AskDigestsAfter, _stored / 16) || _stored == 0 || _stored > StoredDigests.MostActivities)
        {
            return;
        }

        if (_copy is not null)
        {
            // One command at a time: the COPY is ended, and another one goes on.
            await _copy.SendAsync(_buffer, cancellationToken).ConfigureAwait(false);
            await _copy.CompleteAsync(cancellationToken).ConfigureAwait(false);
            _copy = null;
        }

        _digests = await StoredDigests.ReadAsync(_transaction, _stored, cancellationToken).ConfigureAwait(false);
    }

    private void Repeat(ReadOnlySpan<byte> key)
    {
        if (_repeated.Count == _limits.MostRepeated)
        {
            _manyRepeated = true;
            _repeated.Clear();
        }

        if (!_manyRepeated)
        {
            _repeated.Add(System.Text.Encoding.UTF8.GetString(key));
        }
    }

    /// <summary>
    /// How many of the keys that came more than once were held back the first time, because that row was stored already: those rows were
    /// superseded, and the database has not seen them.
    /// </summary>
    private async ValueTask<long> CountHeldBackAsync(Npgsql.NpgsqlCommand command, CancellationToken cancellationToken)
    {
        long count = 0;
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                var bytes = new byte[16];
                while (_digests is not null && await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    reader.GetGuid(0).TryWriteBytes(bytes, bigEndian: true, out _);
                    count += _digests.WasMarked(RowDigest.Read(bytes)) ? 1 : 0;
                }
            }
        }

        return count;
    }

    private int Encode(ActivityBatch batch, int first)
    {
        var i = first;
        for (; i < batch.Count && _buffer.Length < _limits.FlushBytes; i++)
        {
            var activity = batch[i];
            CopyBuffer.ThrowUnlessStorable(activity.Key, "The key of an activity");
            CopyBuffer.ThrowUnlessStorable(activity.Handle, "The handle of an activity");
            CopyBuffer.ThrowUnlessStorable(activity.ClickThroughRate, "The click-through rate of an activity");
            CopyBuffer.ThrowUnlessStorable(activity.Title, "The title of an activity");
            CopyBuffer.ThrowUnlessStorable(activity.Url, "The URL of an activity");
            HandleLimit.Check(activity.Handle.Length);
            _staged++;
            _sales += activity.Sales;
            var digest = RowDigest.Of(activity);
            if (_seen!.Mark(RowDigest.OfKey(activity.Key)))
            {
                Repeat(activity.Key);
            }
            else if (_digests?.Mark(digest) == true)
            {
                continue;
            }

            _sent++;
            _remembered?.Add(activity);
            _buffer.StartRow(13);
            _buffer.Int64(_staged);
            _buffer.Int64(activity.Sales);
            _buffer.Int64(activity.Views);
            _buffer.Date(activity.Date.DayNumber);
            _buffer.Int32(activity.Units);
            _buffer.Int32(activity.Likes);
            _buffer.Int32(activity.Comments);
            _buffer.Id(digest.High, digest.Low);
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
