using System.Collections.Concurrent;
using System.Globalization;
using Loyalty.Postgres.Sessions;
using Npgsql;

namespace Loyalty.Postgres.Copy;

/// <summary>
/// Rows on their way into one table. A statement reads them from its parameters, one array for each column; many rows go by COPY into a
/// temporary table first, from which the same statement reads.
/// </summary>
internal abstract class RowBlock
{
    // With its length before it, a value takes about this much; the buffer grows where that is too little.
    private const int TypicalBytes = 14;

    private const string Staged = "pg_temp.loyalty_rows AS r";

    private const string Copy = "COPY pg_temp.loyalty_rows FROM STDIN (FORMAT binary)";

    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    // A kind of block has the same columns always; making the text anew was much of what a short batch cost.
    private static readonly ConcurrentDictionary<(Type Block, string Statement), string> Statements = new();

    private readonly string _statement;
    private readonly List<Column> _columns = [];
    private CopyBuffer? _encoded;

    /// <summary>Creates an empty block.</summary>
    /// <param name="statement">Writes the rows; <c>{0}</c> stands for where they come from, with the columns by their names, called <c>r</c>.</param>
    protected RowBlock(string statement) => _statement = statement;

    public int Count => _columns[0].Count;

    /// <summary>Whether the rows are joined to stored ones, so that how many there are decides on the plan.</summary>
    public bool IsJoined => _statement.StartsWith("UPDATE ", StringComparison.Ordinal);

    /// <summary>The statement with the rows as parameters, for a batch.</summary>
    public NpgsqlBatchCommand ToCommand(TenantId tenant)
    {
        var command = new NpgsqlBatchCommand(Statements.GetOrAdd((GetType(), _statement), static (_, block) => block.TextWithParameters(), this));
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = tenant.Value });
        foreach (var column in _columns)
        {
            command.Parameters.Add(column.ToParameter());
        }

        return command;
    }

    private string TextWithParameters()
    {
        // The parameters are $2 and on.
        var types = string.Join(", ", _columns.Select(static (c, i) => string.Create(Plain, $"${i + 2}::{c.ParameterType}[]")));
        var names = string.Join(", ", _columns.Select(static c => c.Name));
        var values = string.Join(", ", _columns.Select(static c => ReferenceEquals(c.FromParameter, c.Name) ? c.Name : $"{c.FromParameter} AS {c.Name}"));
        return Fill(
            string.Equals(values, names, StringComparison.Ordinal) ? $"unnest({types}) AS r ({names})" : $"(SELECT {values} FROM unnest({types}) AS p ({names})) AS r");
    }

    /// <summary>Makes the bytes that go to the server, so that writing need not; only many rows have them. No row may be added from now on.</summary>
    public void Encode(StoreLimits limits)
    {
        if (Count <= limits.MostInParameters || _encoded is not null)
        {
            return;
        }

        _encoded = new CopyBuffer(Count * _columns.Count * TypicalBytes);
        EncodeTo(_encoded);
    }

    /// <summary>Writes all rows; does nothing without any.</summary>
    public async ValueTask WriteAsync(TenantTransaction transaction, StoreLimits limits, CancellationToken cancellationToken)
    {
        if (Count == 0)
        {
            return;
        }

        if (Count <= limits.MostInParameters)
        {
            var batch = transaction.Batch();
            batch.BatchCommands.Add(ToCommand(transaction.Tenant));
            await using (batch.ConfigureAwait(false))
            {
                await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }

            return;
        }

        Encode(limits);
        await CopyAsync(transaction, token => _encoded!.SendAsync(transaction.Connection, Copy, token), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes records; of many only a part at a time is made into rows. The block is empty before and after.</summary>
    public async ValueTask WriteAsync<T>(IReadOnlyList<T> records, Action<T> add, TenantTransaction transaction, StoreLimits limits, CancellationToken cancellationToken)
    {
        if (records.Count <= limits.MostInParameters)
        {
            foreach (var record in records)
            {
                add(record);
            }

            await WriteAsync(transaction, limits, cancellationToken).ConfigureAwait(false);
            Clear();
            return;
        }

        await CopyAsync(
            transaction,
            async token =>
            {
                var stream = await CopyStream.OpenAsync(transaction.Connection, Copy, token).ConfigureAwait(false);
                await using (stream.ConfigureAwait(false))
                {
                    var encoded = new CopyBuffer(limits.MostInParameters * _columns.Count * TypicalBytes);
                    for (var i = 0; i < records.Count; i++)
                    {
                        add(records[i]);
                        if (Count == limits.MostInParameters || i == records.Count - 1)
                        {
                            EncodeTo(encoded);
                            await stream.SendAsync(encoded, token).ConfigureAwait(false);
                            Clear();
                        }
                    }

                    await stream.CompleteAsync(token).ConfigureAwait(false);
                }
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The bytes of all rows, to be written another time by <see cref="WriteEncodedAsync"/>; without header and trailer.</summary>
    protected byte[] ToBytes()
    {
        var buffer = new CopyBuffer(Count * _columns.Count * TypicalBytes);
        EncodeTo(buffer);
        return buffer.Written.ToArray();
    }

    /// <summary>Writes the rows of <see cref="ToBytes"/> of a block with the same columns, by the statement of all.</summary>
    protected ValueTask WriteEncodedAsync(byte[] rows, TenantTransaction transaction, CancellationToken cancellationToken) => CopyAsync(
        transaction,
        async token =>
        {
            var stream = await CopyStream.OpenAsync(transaction.Connection, Copy, token).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                await stream.SendAsync(rows, token).ConfigureAwait(false);
                await stream.CompleteAsync(token).ConfigureAwait(false);
            }
        },
        cancellationToken);

    /// <summary>Writes rows that are in the temporary table: by the statement of all, unless many are better written otherwise.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="staged">What stands for <c>{0}</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    protected virtual async ValueTask WriteStagedAsync(TenantTransaction transaction, string staged, CancellationToken cancellationToken) =>
        await transaction.ExecuteAsync(Fill(staged), cancellationToken).ConfigureAwait(false);

    protected LongColumn Long(string name) => Add(new LongColumn(name));

    protected IntColumn Int(string name) => Add(new IntColumn(name));

    protected DayColumn Day(string name) => Add(new DayColumn(name));

    protected BooleanColumn Boolean(string name) => Add(new BooleanColumn(name));

    protected TextColumn Text(string name) => Add(new TextColumn(name));

    protected BytesColumn Bytes(string name) => Add(new BytesColumn(name));

    protected ArrayColumn<int> Ints(string name) => Add(new ArrayColumn<int>(name, "integer", 23, static (buffer, v) => buffer.Int32(v), static v => v.ToString(Plain)));

    protected ArrayColumn<long> Longs(string name) => Add(new ArrayColumn<long>(name, "bigint", 20, static (buffer, v) => buffer.Int64(v), static v => v.ToString(Plain)));

    protected ArrayColumn<DateOnly> Days(string name) =>
        Add(new ArrayColumn<DateOnly>(name, "date", 1082, static (buffer, v) => buffer.Date(v.DayNumber), static v => v.ToString("yyyy-MM-dd", Plain)));

    protected ArrayColumn<string> Texts(string name) => Add(new ArrayColumn<string>(name, "text", 25, static (buffer, v) => buffer.Text(v), Quoted));

    private async ValueTask CopyAsync(TenantTransaction transaction, Func<CancellationToken, ValueTask> send, CancellationToken cancellationToken)
    {
        var columns = string.Join(", ", _columns.Select(static c => $"{c.Name} {c.Type}{(c is TextColumn ? " COLLATE \"C\"" : string.Empty)}"));
        await transaction.ExecuteLocalAsync($"CREATE TEMPORARY TABLE loyalty_rows ({columns}) ON COMMIT DROP", cancellationToken).ConfigureAwait(false);
        await send(cancellationToken).ConfigureAwait(false);
        await WriteStagedAsync(transaction, Staged, cancellationToken).ConfigureAwait(false);
        await transaction.ExecuteLocalAsync("DROP TABLE pg_temp.loyalty_rows", cancellationToken).ConfigureAwait(false);
    }

    private void EncodeTo(CopyBuffer buffer)
    {
        for (var row = 0; row < Count; row++)
        {
            buffer.StartRow((short)_columns.Count);
            foreach (var column in _columns)
            {
                column.Write(buffer, row);
            }
        }
    }

    private void Clear()
    {
        foreach (var column in _columns)
        {
            column.Clear();
        }
    }

    private static string Quoted(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private T Add<T>(T column)
        where T : Column
    {
        _columns.Add(column);
        return column;
    }

    private string Fill(string source) => _statement.Replace("{0}", source, StringComparison.Ordinal);
}
