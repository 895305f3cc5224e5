using System.Numerics;
using Loyalty.Clubs;
using Loyalty.Host.Output;
using Loyalty.Memory;
using Loyalty.Messages;
using Loyalty.Money;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Queue;
using Loyalty.Queue.Plans;
using Loyalty.Rewards;
using Loyalty.Storage.Points;

namespace Loyalty.Host.Points;

/// <summary>What all members have together.</summary>
internal readonly record struct PointsTotals(long Members, BigInteger Outstanding, long Liability);

/// <summary>Writes the files that describe the whole state.</summary>
internal sealed class PointsOutput : IDisposable
{
    private readonly LoyaltyProgram _program;
    private readonly DueMessages _messages;
    private readonly CsvTable _enrollmentTable;
    private readonly CsvTable _entryTable;
    private readonly CsvTable _balanceTable;
    private readonly CsvTable _operationTable;
    private readonly CsvTable _messageTable;
    private readonly CsvTable _redemptionTable;
    private Exception? _failed;
    private bool _isDisposed;

    public PointsOutput(OutputFolder output, LoyaltyProgram program, DueMessages messages, bool safe)
    {
        _program = program;
        _messages = messages;
        _enrollmentTable = new(
            output.Create("enrollments.csv"), safe,
            "customer", "stage", "enrolled_at", "expires_at", "status", "ended_on", "started_on", "started_by", "extended_by");
        _entryTable = new(
            output.Create("entries.csv"), safe, "customer", "sequence", "kind", "points", "balance", "effective_on", "key", "cause", "expires_on");
        _balanceTable = new(output.Create("balances.csv"), safe, "customer", "points", "lifetime", "value", "cumulative_days");
        _operationTable = new(
            output.Create("operations.csv"), safe, "customer", "sequence", "date", "operation", "stage", "discount_percent", "key", "cause");
        _messageTable = new(output.Create("messages.csv"), safe, "customer", "kind", "channel", "due_on", "cause");
        _redemptionTable = new(
            output.Create("redemptions.csv"), safe, "id", "customer", "reward", "claimed_on", "status", "changed_on", "points", "level", "reason");
    }

    public PointsTotals Totals { get; private set; }

    /// <summary>Writes the files, and gives what is to be told to outside systems, if that is wanted.</summary>
    public async Task<IReadOnlyList<NewDelivery>> WriteAsync(
        IAsyncEnumerable<MemberPoints> members, RunDeliveries? deliveries, PointsRunResult result, CancellationToken cancellation)
    {
        try
        {
            return await WriteAllAsync(members, deliveries, result, cancellation);
        }
        catch (Exception e)
        {
            _failed = e;
            throw;
        }
    }

    private async Task<IReadOnlyList<NewDelivery>> WriteAllAsync(
        IAsyncEnumerable<MemberPoints> members, RunDeliveries? deliveries, PointsRunResult result, CancellationToken cancellation)
    {
        var caused = new List<NewDelivery>();
        var redemptions = new List<Redemption>();
        var (count, outstanding) = (0L, BigInteger.Zero);
        await foreach (var member in members.WithCancellation(cancellation))
        {
            foreach (var enrollment in member.Enrollments)
            {
                Write(member.Member, enrollment);
            }

            foreach (var entry in member.Entries)
            {
                _entryTable.Text(member.Member).Number(entry.Sequence).Text(Word(entry.Kind)).Number(entry.Points).Number(entry.Balance)
                    .Date(entry.EffectiveOn).Text(entry.Key.ToString()).Text(entry.Cause)
                    .Date(member.EntryExpiries.TryGetValue(entry.Sequence, out var expires) ? expires : null).EndRow();
            }

            if (member.HasOrdered)
            {
                count++;
                _balanceTable.Text(member.Member).Number(member.Balance).Number(member.Lifetime)
                    .Amount(_program.Points!.ValueOf(member.Balance), _program.Currency).Number(member.CumulativeDays).EndRow();
            }

            foreach (var operation in member.Operations)
            {
                _operationTable.Text(member.Member).Number(operation.Sequence).Date(operation.On)
                    .Text(operation.Kind == DiscountOperationKind.Add ? "add" : "remove").Text(operation.Stage)
                    .Text(Plain(operation.DiscountPercent)).Text(operation.Key).Text(operation.Cause).EndRow();
            }

            var due = _messages.For(member.Member, member.Enrollments, member.Redemptions);
            if (deliveries is not null)
            {
                caused.AddRange(deliveries.For(member, result, due));
            }

            foreach (var message in due)
            {
                _messageTable.Text(message.Member).Text(message.Kind.Word()).Text(message.Channel).Date(message.DueOn).Text(message.Cause).EndRow();
            }

            outstanding += Math.Max(0, member.Balance);
            redemptions.AddRange(member.Redemptions);
        }

        redemptions.Sort(static (a, b) => CodePointOrder.Instance.Compare(a.Id, b.Id));
        foreach (var redemption in redemptions)
        {
            _redemptionTable.Text(redemption.Id).Text(redemption.Member).Text(redemption.Reward).Date(redemption.ClaimedOn)
                .Text(Word(redemption.Status)).Date(redemption.ChangedOn).Number(redemption.Points).Text(redemption.Level ?? string.Empty)
                .Text(PointsInput.Word(redemption.Refusal)).EndRow();
        }

        Totals = new(count, outstanding, _program.Points!.ValueOf(outstanding));
        return caused;
    }

    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        var first = _failed;
        foreach (var table in (ReadOnlySpan<CsvTable>)[_enrollmentTable, _entryTable, _balanceTable, _operationTable, _messageTable, _redemptionTable])
        {
            try
            {
                table.Dispose();
            }
            catch (IOException e)
            {
                first ??= e;
            }
        }

        // Of several files that could not be written, the first one is named.
        if (first is not null && _failed is null)
        {
            throw new IOException(first.Message, first) { HResult = first.HResult };
        }
    }

    private static string Word(EntryKind kind) => kind switch
    {
        EntryKind.Earned => "earned",
        EntryKind.Bonus => "bonus",
        EntryKind.Redeemed => "redeemed",
        EntryKind.Adjusted => "adjusted",
        EntryKind.Reversed => "reversed",
        _ => "expired",
    };

    private static string Word(EnrollmentStatus status) => status switch
    {
        EnrollmentStatus.Active => "active",
        EnrollmentStatus.Upgraded => "upgraded",
        _ => "expired",
    };

    private static string Word(RedemptionStatus status) => status switch
    {
        RedemptionStatus.Pending => "pending",
        RedemptionStatus.Fulfilled => "fulfilled",
        RedemptionStatus.Concluded => "concluded",
        RedemptionStatus.Cancelled => "cancelled",
        RedemptionStatus.Rejected => "rejected",
        RedemptionStatus.Refunded => "refunded",
        _ => "refused",
    };

    /// <summary>A percentage without needless zeros.</summary>
    private static string Plain(decimal number) => (number / 1.0000000000000000000000000000m).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private void Write(string member, Enrollment enrollment) => _enrollmentTable
        .Text(member).Text(enrollment.Stage).Date(enrollment.EnrolledAt).Date(enrollment.ExpiresAt).Text(Word(enrollment.Status))
        .Date(enrollment.EndedOn).Date(enrollment.StartedOn).Text(enrollment.StartedBy)
        .Text(string.Join('|', enrollment.Extensions.Select(static e => e.Order))).EndRow();
}
