using System.Data.Common;
using Loyalty.Clubs;
using Loyalty.Points;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Copy;
using Loyalty.Postgres.Points.Rows;
using Loyalty.Postgres.Sessions;
using Loyalty.Rewards;
using Npgsql;

namespace Loyalty.Postgres.Points.Books;

/// <summary>Reads members with their ledgers, and with club and rewards where these are asked for, in one round trip.</summary>
internal sealed class MemberReader
{
    private readonly TenantTransaction _transaction;
    private readonly Dictionary<string, Reading> _readings = new(StringComparer.Ordinal);
    private readonly bool _isWhole;
    private readonly bool _isLenient;
    private readonly bool _withHashes;

    /// <summary>Creates a reader.</summary>
    /// <param name="transaction">Where to read.</param>
    /// <param name="isWhole">Whether club, rewards and hashes are read, too.</param>
    /// <param name="isLenient">Whether ledgers that do not hold together are passed on, to be verified.</param>
    /// <param name="withHashes">Whether the entries' hashes are kept of whole members.</param>
    public MemberReader(TenantTransaction transaction, bool isWhole, bool isLenient = false, bool withHashes = true)
    {
        _withHashes = isWhole && withHashes;
        _transaction = transaction;
        _isWhole = isWhole;
        _isLenient = isLenient;
    }

    /// <summary>Reads members; those that the database does not have are left out.</summary>
    /// <param name="names">The members.</param>
    /// <param name="known">What is known of them already: only newer entries are read. <see langword="null"/>: nothing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="besides">What else is read in the same round trip, and what is done with each row of it.</param>
    public async ValueTask<Dictionary<string, StoredMember>> ReadAsync(
        string[] names,
        IReadOnlyDictionary<string, StoredMember>? known,
        CancellationToken cancellationToken,
        IReadOnlyList<(NpgsqlBatchCommand Command, Action<DbDataReader> Step)>? besides = null)
    {
        _readings.Clear();
        foreach (var name in names)
        {
            _readings.Add(name, new Reading(name, known?.GetValueOrDefault(name)?.Ledger, _isLenient));
        }

        var counts = new int[names.Length];
        for (var i = 0; i < names.Length; i++)
        {
            counts[i] = known?.GetValueOrDefault(names[i])?.Ledger.Entries.Length ?? 0;
        }

        var batch = _transaction.Batch();
        batch.BatchCommands.Add(_transaction.BatchCommand(PointsSql.Members).With(names));
        batch.BatchCommands.Add(_transaction.BatchCommand(PointsSql.Entries).With(names).With(counts));
        batch.BatchCommands.Add(_transaction.BatchCommand(PointsSql.Settlements).With(names));
        batch.BatchCommands.Add(_transaction.BatchCommand(PointsSql.OpenHolds).With(names));
        List<Action<DbDataReader>> steps = [ReadMember, ReadEntry, ReadSettlement, ReadHold];
        if (_isWhole)
        {
            batch.BatchCommands.Add(_transaction.BatchCommand(PointsSql.Enrollments).With(names));
            batch.BatchCommands.Add(_transaction.BatchCommand(PointsSql.Discounts).With(names));
            batch.BatchCommands.Add(_transaction.BatchCommand(PointsSql.RedemptionsOfMembers).With(names));
            steps.AddRange([ReadEnrollment, ReadDiscount, ReadRedemption]);
        }

        foreach (var (command, step) in besides ?? [])
        {
            batch.BatchCommands.Add(command);
            steps.Add(step);
        }

        await using (batch.ConfigureAwait(false))
        {
            var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                foreach (var step in steps)
                {
                    while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    {
                        step(reader);
                    }

                    await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                }
            }
        }

        var members = new Dictionary<string, StoredMember>(StringComparer.Ordinal);
        foreach (var (name, reading) in _readings)
        {
            if (reading.Head is not null)
            {
                members.Add(name, reading.Build(_isWhole, _withHashes));
            }
        }

        return members;
    }

    internal static int? Day(DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateOnly>(column).DayNumber;

    internal static DateOnly? Date(DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateOnly>(column);

    internal static string? Text(DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    internal static T[]? Array<T>(DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<T[]>(column);

    internal static Redemption Redemption(DbDataReader reader) =>
        Rewards.Redemption.FromStored(
            reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetFieldValue<DateOnly>(3), reader.GetInt64(4), Text(reader, 5), reader.GetInt32(6),
            EnumText.Redemption.Parse(reader.GetString(7)), reader.GetFieldValue<DateOnly>(8), Date(reader, 9), EnumText.Claim.Parse(reader.GetString(10)));

    private void ReadMember(DbDataReader reader)
    {
        var reading = _readings[reader.GetString(0)];
        reading.Row = (reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt32(5), reader.GetInt32(6));
        reading.LastActivityOn = Date(reader, 7);
        reading.EnrolledUntil = Date(reader, 8);
        reading.FirstOrderOn = Date(reader, 9);
        reading.Stage = Text(reader, 10);
        reading.Head = reader.GetFieldValue<byte[]>(11);
    }

    /// <summary>The entry that a reader stands on.</summary>
    internal static LedgerEntry Entry(DbDataReader reader)
    {
        var key = new EntryKey(EnumText.Source.Parse(reader.GetString(9)), reader.GetString(10), reader.GetInt32(7));
        return new LedgerEntry(
            reader.GetInt32(1), EnumText.Entry.Parse(reader.GetString(8)), key, reader.GetInt64(2), reader.GetInt64(3),
            reader.GetFieldValue<DateOnly>(5), reader.GetFieldValue<DateOnly>(6), new DateTime(reader.GetInt64(4), DateTimeKind.Utc));
    }

    private void ReadEntry(DbDataReader reader)
    {
        var entry = Entry(reader);
        LotState? lot = null;
        if (!reader.IsDBNull(11))
        {
            lot = new LotState
            {
                Entry = entry.Sequence,
                Opened = reader.GetInt64(11),
                ExpiresOn = Date(reader, 12),
                Inactivity = ExpiryPolicy.OfInactivity(reader.IsDBNull(13) ? 0 : reader.GetInt32(13)),
            };
        }

        var (lots, points) = (Array<int>(reader, 15) ?? [], Array<long>(reader, 16) ?? []);
        var movements = new LotMovement[lots.Length];
        for (var i = 0; i < movements.Length; i++)
        {
            movements[i] = new(entry.Sequence, lots[i], points[i]);
        }

        var reading = _readings[reader.GetString(0)];
        reading.Ledger.Add(entry, lot, reader.IsDBNull(14) ? null : reader.GetInt32(14), movements);
        if (_withHashes)
        {
            reading.Hashes.AddRange(reader.GetFieldValue<byte[]>(17));
        }
    }

    private void ReadSettlement(DbDataReader reader) =>
        _readings[reader.GetString(0)].Ledger.Settle(new LotMovement(reader.GetInt32(1), reader.GetInt32(2), reader.GetInt64(3)));

    private void ReadHold(DbDataReader reader)
    {
        var (lots, points) = (reader.GetFieldValue<int[]>(1), reader.GetFieldValue<long[]>(2));
        for (var i = 0; i < lots.Length; i++)
        {
            _readings[reader.GetString(0)].Ledger.Hold(lots[i], points[i]);
        }
    }

    private void ReadEnrollment(DbDataReader reader)
    {
        var (orders, days, until) = (Array<string>(reader, 9) ?? [], Array<DateOnly>(reader, 10) ?? [], Array<DateOnly>(reader, 11) ?? []);
        EnrollmentExtension[] extensions = [.. orders.Select((order, i) => new EnrollmentExtension(order, days[i], until[i]))];
        var enrollment = new Enrollment(
            reader.GetString(2), reader.GetFieldValue<DateOnly>(3), reader.GetFieldValue<DateOnly>(4), reader.GetString(5), reader.GetFieldValue<DateOnly>(6),
            extensions, EnumText.Enrollment.Parse(reader.GetString(7)), Date(reader, 8));
        _readings[reader.GetString(0)].Enrollments.Add(enrollment);
    }

    private void ReadDiscount(DbDataReader reader) => _readings[reader.GetString(0)].Discounts.Add(new DiscountOperation(
        reader.GetInt32(1), reader.GetFieldValue<DateOnly>(2), EnumText.Discount.Parse(reader.GetString(3)), reader.GetString(4), reader.GetDecimal(5),
        reader.GetString(6), Text(reader, 7)));

    private void ReadRedemption(DbDataReader reader)
    {
        var redemption = Redemption(reader);
        _readings[redemption.Member].Redemptions.Add(redemption);
    }

    /// <summary>What has been read of a member.</summary>
    private sealed class Reading(string member, MemberLedger? known, bool isLenient)
    {
        public MemberLedgerBuilder Ledger { get; } = new(member, known, isLenient);

        public List<Enrollment> Enrollments { get; } = [];

        public List<DiscountOperation> Discounts { get; } = [];

        public List<Redemption> Redemptions { get; } = [];

        public (long Balance, long Held, long Lifetime, int Entries, int Settlements) Row { get; set; }

        public DateOnly? LastActivityOn { get; set; }

        public List<byte> Hashes { get; } = [];

        public DateOnly? EnrolledUntil { get; set; }

        public DateOnly? FirstOrderOn { get; set; }

        public string? Stage { get; set; }

        public byte[]? Head { get; set; }

        public StoredMember Build(bool isWhole, bool withHashes)
        {
            var ledger = Ledger.Build(LastActivityOn, Row.Held);
            var stored = new StoredMember(ledger, Head!, FirstOrderOn)
            {
                Row = Row,
                Entries = withHashes ? Ledger.Entries : [],
                Hashes = [.. Hashes],
                EnrolledUntil = EnrolledUntil,
                Stage = Stage,
            };
            if (isWhole)
            {
                stored.Know(new BookMember(ledger, new Membership(Enrollments, Discounts), Redemptions, FirstOrderOn));
            }

            return stored;
        }
    }
}
