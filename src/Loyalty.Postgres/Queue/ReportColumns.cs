using Loyalty.Queue;
using Loyalty.Storage.Queue;
using Npgsql;
using NpgsqlTypes;

namespace Loyalty.Postgres.Queue;

/// <summary>Reports as arrays, one for each column of the statement that takes them.</summary>
internal sealed class ReportColumns(IReadOnlyList<DeliveryReport> reports)
{
    /// <summary>The lanes that the reports concern.</summary>
    public NpgsqlBatchCommand OfLanes(NpgsqlBatchCommand command)
    {
        Add(command, NpgsqlDbType.Text, static r => r.Claim.Delivery.Customer);
        Add(command, NpgsqlDbType.Text, static r => r.Claim.Delivery.Route);
        return command;
    }

    /// <summary>What the reports say.</summary>
    public NpgsqlBatchCommand OfReports(NpgsqlBatchCommand command)
    {
        Add(command, NpgsqlDbType.Bytea, static r => QueueInstant.IdOf(r.Claim.Delivery.Key));
        Add(command, NpgsqlDbType.Uuid, static r => r.Claim.Token);
        Add(command, NpgsqlDbType.Text, Status);
        Add(command, NpgsqlDbType.Integer, static r => r.Kind == ReportKind.Begin ? 1 : 0);
        Add<bool?>(command, NpgsqlDbType.Boolean, static r => r.Kind switch
        {
            ReportKind.Begin => true,
            ReportKind.Renew => null,
            ReportKind.Release => r.Claim.IsLost,
            _ => false,
        });
        Add<string?>(command, NpgsqlDbType.Text, static r => r.Kind is ReportKind.Begin or ReportKind.End ? r.Target : null);
        Add<long?>(command, NpgsqlDbType.Bigint, static r => r.End?.NextAttemptAt is { } at ? QueueInstant.Of(at) : null);
        Add<long?>(command, NpgsqlDbType.Bigint, static r => r.Kind switch
        {
            ReportKind.Begin or ReportKind.Renew => QueueInstant.Of(r.Lease),
            ReportKind.Release when r.Claim.IsLost => 0,
            _ => null,
        });
        Add<string?>(command, NpgsqlDbType.Text, static r => r.End?.Error);
        Add<string?>(command, NpgsqlDbType.Text, static r => r.End?.ExternalId is { Length: > 0 } id ? id : null);
        Add(command, NpgsqlDbType.Text, static r => (r.End?.Event ?? r.Event) is { } line ? HistoryLine.Write(line) : string.Empty);
        return command;
    }

    private static string Status(DeliveryReport report) => report.Kind switch
    {
        ReportKind.Begin or ReportKind.Renew => DeliveryStatus.Leased.Word(),
        ReportKind.Release => (report.Claim.IsLost ? DeliveryStatus.Leased : DeliveryStatus.Waiting).Word(),
        _ => report.End!.Status.Word(),
    };

    private void Add<T>(NpgsqlBatchCommand command, NpgsqlDbType type, Func<DeliveryReport, T> value) =>
        command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = [.. reports.Select(value)], NpgsqlDbType = NpgsqlDbType.Array | type });
}
