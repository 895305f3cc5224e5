using System.Data;
using Npgsql;
using NpgsqlTypes;

namespace Loyalty.Postgres.Sessions;

/// <summary>
/// A connection in a transaction that sees one tenant: <c>SET LOCAL app.tenant_id</c> is its first statement, and every statement names the
/// tenant as <c>$1</c> besides. Disposed without commit it rolls back.
/// </summary>
internal sealed class TenantTransaction : IAsyncDisposable
{
    private readonly NpgsqlTransaction _transaction;
    private readonly NpgsqlDataSource _dataSource;
    private readonly bool _isLong;

    private TenantTransaction(NpgsqlDataSource dataSource, NpgsqlConnection connection, NpgsqlTransaction transaction, TenantId tenant, bool isLong)
    {
        _isLong = isLong;
        _dataSource = dataSource;
        Connection = connection;
        _transaction = transaction;
        Tenant = tenant;
    }

    public NpgsqlConnection Connection { get; }

    public TenantId Tenant { get; }

    public NpgsqlTransaction Inner => _transaction;

    /// <summary>Whether the tables of tenants are distributed over the nodes of a cluster.</summary>
    public bool IsOnCluster => ClusterSetting.IsCluster(_dataSource);

    /// <summary>Opens a transaction.</summary>
    /// <param name="dataSource">Gives the connection.</param>
    /// <param name="tenant">The tenant to see.</param>
    /// <param name="isolation">READ COMMITTED for runs, REPEATABLE READ for reads of several statements.</param>
    /// <param name="settings">More <c>SET LOCAL</c> statements, each with a semicolon in front.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="isLong">Whether a statement may take as long as it takes: one over ten million rows takes minutes, and the driver would give it half a minute.</param>
    public static async ValueTask<TenantTransaction> OpenAsync(
        NpgsqlDataSource dataSource, TenantId tenant, IsolationLevel isolation, string settings, CancellationToken cancellationToken, bool isLong = false)
    {
        var connection = await SchemaWatch.OpenAsync(dataSource, cancellationToken).ConfigureAwait(false);
        try
        {
            var transaction = await connection.BeginTransactionAsync(isolation, cancellationToken).ConfigureAwait(false);
            var opened = new TenantTransaction(dataSource, connection, transaction, tenant, isLong);
            var command = connection.CreateCommand();
            await using (command.ConfigureAwait(false))
            {
                // SET takes no parameters; the tenant is a number. `set_config` would not reach the nodes of a distributed database.
                command.CommandText = $"SET LOCAL app.tenant_id = '{tenant}'{settings}";
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }

            return opened;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Opens a transaction of a level, whatever the connection's default is, without a round trip: it begins with the first batch, which
    /// <see cref="FirstBatch"/> makes.
    /// </summary>
    public static async ValueTask<TenantTransaction> BeginAsync(
        NpgsqlDataSource dataSource, TenantId tenant, IsolationLevel isolation, CancellationToken cancellationToken)
    {
        var connection = await SchemaWatch.OpenAsync(dataSource, cancellationToken).ConfigureAwait(false);
        try
        {
            return new TenantTransaction(
                dataSource, connection, await connection.BeginTransactionAsync(isolation, cancellationToken).ConfigureAwait(false), tenant, isLong: false);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Says that tables have grown otherwise than by transactions of this process that began with <see cref="FirstBatch"/>.</summary>
    public void Grow(long rows) => KeptPlans.Of(_dataSource).Grow(rows);

    /// <summary>A batch that begins with the settings of the transaction.</summary>
    /// <param name="settings">As in <see cref="OpenAsync"/>.</param>
    /// <param name="rows">How many rows the transaction is about.</param>
    public NpgsqlBatch FirstBatch(string settings, int rows)
    {
        var batch = Batch();
        foreach (var setting in $"SET LOCAL app.tenant_id = '{Tenant}'{settings}{KeptPlans.Of(_dataSource).Settings(Connection, rows)}".Split(';'))
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(setting));
        }

        return batch;
    }

    /// <summary>A statement of a batch whose first parameter, <c>$1</c>, is the tenant.</summary>
    public NpgsqlBatchCommand BatchCommand(string sql) => new(sql) { Parameters = { new NpgsqlParameter<long> { TypedValue = Tenant.Value } } };

    /// <summary>A command whose first parameter, <c>$1</c>, is the tenant.</summary>
    public NpgsqlCommand Command(string sql)
    {
        var command = LocalCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = Tenant.Value });
        return command;
    }

    /// <summary>A command without parameters.</summary>
    public NpgsqlCommand LocalCommand(string sql)
    {
        var command = new NpgsqlCommand(sql, Connection);
        if (_isLong)
        {
            command.CommandTimeout = 0;
        }

        return command;
    }

    /// <summary>An empty batch.</summary>
    public NpgsqlBatch Batch()
    {
        var batch = new NpgsqlBatch(Connection);
        if (_isLong)
        {
            batch.Timeout = 0;
        }

        return batch;
    }

    /// <summary>Runs one statement that names the tenant as <c>$1</c>.</summary>
    /// <returns>The number of rows it changed.</returns>
    public async ValueTask<long> ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        var command = Command(sql);
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Runs one statement without parameters, such as one about temporary tables only.</summary>
    public async ValueTask<long> ExecuteLocalAsync(string sql, CancellationToken cancellationToken)
    {
        var command = LocalCommand(sql);
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>How many pages a temporary table of this transaction has.</summary>
    public async ValueTask<long> PagesAsync(string table, CancellationToken cancellationToken) =>
        (long)(await LocalCommand($"SELECT pg_relation_size('pg_temp.{table}') / current_setting('block_size')::bigint")
            .ScalarAsync(cancellationToken).ConfigureAwait(false))!;

    public Task CommitAsync(CancellationToken cancellationToken) => _transaction.CommitAsync(cancellationToken);

    /// <summary>Gives up, also when the connection is lost: the server rolls back on its own then.</summary>
    public async ValueTask AbandonAsync()
    {
        try
        {
            await DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e))
        {
            // Nothing is left to do here.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync().ConfigureAwait(false);
        await Connection.DisposeAsync().ConfigureAwait(false);
    }
}

/// <summary>Typed parameters by position, and commands that are used once.</summary>
internal static class PositionalParameters
{
    /// <summary>Runs the command and disposes it.</summary>
    /// <returns>The number of rows it changed.</returns>
    public static async ValueTask<long> ExecuteAsync(this NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads the first value of the first row and disposes the command; <see langword="null"/> when there is no row.</summary>
    public static async ValueTask<object?> ScalarAsync(this NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads the first value, a text, of all rows and disposes the command.</summary>
    public static async ValueTask<List<string>> ListAsync(this NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var list = new List<string>();
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    list.Add(reader.GetString(0));
                }
            }
        }

        return list;
    }

    public static NpgsqlCommand With(this NpgsqlCommand command, long value)
    {
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = value });
        return command;
    }

    public static NpgsqlCommand With(this NpgsqlCommand command, int value)
    {
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = value });
        return command;
    }

    public static NpgsqlCommand With(this NpgsqlCommand command, string value)
    {
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Text });
        return command;
    }

    public static NpgsqlCommand WithText(this NpgsqlCommand command, string? value)
    {
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Text });
        return command;
    }

    public static NpgsqlCommand With(this NpgsqlCommand command, string[] values)
    {
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        return command;
    }

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, string? value)
    {
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Text });
        return command;
    }

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, string[] values)
    {
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        return command;
    }

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, int[] values)
    {
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        return command;
    }

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, long value)
    {
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = value });
        return command;
    }

    public static NpgsqlCommand With(this NpgsqlCommand command, long[] values)
    {
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        return command;
    }

    public static NpgsqlCommand With(this NpgsqlCommand command, NpgsqlTid value)
    {
        command.Parameters.Add(new NpgsqlParameter<NpgsqlTid> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Tid });
        return command;
    }

    public static NpgsqlCommand With(this NpgsqlCommand command, DateOnly value)
    {
        command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Date });
        return command;
    }

    public static NpgsqlCommand WithDate(this NpgsqlCommand command, DateOnly? value)
    {
        command.Parameters.Add(new NpgsqlParameter<DateOnly?> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Date });
        return command;
    }

    public static NpgsqlCommand With(this NpgsqlCommand command, DateTimeOffset value)
    {
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = value.ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        return command;
    }

    public static NpgsqlCommand With(this NpgsqlCommand command, Guid value)
    {
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Uuid });
        return command;
    }

    public static NpgsqlCommand With(this NpgsqlCommand command, decimal value)
    {
        command.Parameters.Add(new NpgsqlParameter<decimal> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Numeric });
        return command;
    }

    public static NpgsqlCommand With(this NpgsqlCommand command, bool value)
    {
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = value });
        return command;
    }

    public static NpgsqlCommand With(this NpgsqlCommand command, DateTime value)
    {
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = DateTime.SpecifyKind(value, DateTimeKind.Unspecified), NpgsqlDbType = NpgsqlDbType.Timestamp });
        return command;
    }

    public static NpgsqlCommand With(this NpgsqlCommand command, byte[] value)
    {
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bytea });
        return command;
    }
}
