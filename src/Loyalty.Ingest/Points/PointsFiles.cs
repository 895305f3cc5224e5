using System.Text;
using Loyalty.Ingest.Csv;
using Loyalty.Messages;
using Loyalty.Money;
using Loyalty.Points.Runs;
using Loyalty.Rewards;

namespace Loyalty.Ingest.Points;

/// <summary>Reads the files that clubs, points and rewards are made of.</summary>
/// <remarks>
/// Headers are matched trimmed and without regard to case; columns may stand in any order, and others are not used. Identifiers are trimmed and
/// compared exactly; one of more than 1,024 bytes is invalid, one that a spreadsheet turned into <c>5.00124E+12</c> is named as that. Dates are <c>YYYY-MM-DD</c>, amounts plain decimals with at most the currency's digits.
/// </remarks>
public static class PointsFiles
{
    /// <summary>The most bytes of an identifier in UTF-8.</summary>
    internal const int LongestId = 1_024;

    private static readonly CsvColumn[] OrderColumns = [new("order_id", true), new("customer", true), new("date", true), new("amount", true)];
    private static readonly CsvColumn[] RefundColumns = [new("id", true), new("order_id", true), new("date", true), new("amount", true)];
    private static readonly CsvColumn[] RedemptionColumns =
        [new("id", true), new("customer", true), new("date", true), new("reward", true), new("event", false)];

    private static readonly CsvColumn[] PreferenceColumns = [new("customer", true), new("kind", true), new("channel", true), new("allowed", true)];

    /// <summary>Reads orders: <c>order_id,customer,date,amount</c>; amounts are at least 0.</summary>
    /// <param name="path">The file.</param>
    /// <param name="currency">The currency of amounts.</param>
    /// <param name="encoding">The encoding, when it is neither UTF-8 nor UTF-16 with a byte order mark.</param>
    /// <param name="customersAreEmails">Whether an e-mail as customer is taken in its normal form; otherwise it is compared exactly, as any other text.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="SourceException">The file cannot be used as a whole.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static PointsFile<OrderRow> ReadOrders(string path, Currency currency, Encoding? encoding = null, bool customersAreEmails = false, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(currency);
        return new(path, encoding, OrderColumns, ReadOrder, cancellation);

        bool ReadOrder(in RowCells cells, out OrderRow row)
        {
            var isRight = cells.Key(0, out var id) & cells.Customer(1, customersAreEmails, out var customer) & cells.Date(2, out var date)
                & cells.Amount(3, currency.Digits, allowsZero: true, out var amount);
            row = new(id, customer, date, amount);
            return isRight;
        }
    }

    /// <summary>Reads refunds: <c>id,order_id,date,amount</c>; amounts are above 0.</summary>
    /// <param name="path">The file.</param>
    /// <param name="currency">The currency of amounts.</param>
    /// <param name="encoding">The encoding, when it is neither UTF-8 nor UTF-16 with a byte order mark.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="SourceException">The file cannot be used as a whole.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static PointsFile<RefundRow> ReadRefunds(string path, Currency currency, Encoding? encoding = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(currency);
        return new(path, encoding, RefundColumns, ReadRefund, cancellation);

        bool ReadRefund(in RowCells cells, out RefundRow row)
        {
            var isRight = cells.Key(0, out var id) & cells.Key(1, out var order) & cells.Date(2, out var date)
                & cells.Amount(3, currency.Digits, allowsZero: false, out var amount);
            row = new(id, order, date, amount);
            return isRight;
        }
    }

    /// <summary>Reads claims and what happened to them: <c>id,customer,date,reward[,event]</c>; a blank event is <c>claimed</c>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="encoding">The encoding, when it is neither UTF-8 nor UTF-16 with a byte order mark.</param>
    /// <param name="customersAreEmails">Whether an e-mail as customer is taken in its normal form; otherwise it is compared exactly, as any other text.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="SourceException">The file cannot be used as a whole.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static PointsFile<RedemptionRow> ReadRedemptions(string path, Encoding? encoding = null, bool customersAreEmails = false, CancellationToken cancellation = default)
    {
        return new(path, encoding, RedemptionColumns, ReadRedemption, cancellation);

        bool ReadRedemption(in RowCells cells, out RedemptionRow row)
        {
            var isRight = cells.Key(0, out var id) & cells.Customer(1, customersAreEmails, out var customer) & cells.Date(2, out var date) & cells.Id(3, out var reward)
                & (TryEvent(cells.Trimmed(4), out var happening) || cells.Fault(4, PointsFile<RedemptionRow>.Invalid));
            row = new(id, customer, date, reward, happening);
            return isRight;
        }
    }

    /// <summary>
    /// Reads what members want to hear: <c>customer,kind,channel,allowed</c>; a blank kind or channel stands for all, allowed is true or false.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="encoding">The encoding, when it is neither UTF-8 nor UTF-16 with a byte order mark.</param>
    /// <param name="customersAreEmails">Whether an e-mail as customer is taken in its normal form; otherwise it is compared exactly, as any other text.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="SourceException">The file cannot be used as a whole.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static PointsFile<MessagePreference> ReadPreferences(string path, Encoding? encoding = null, bool customersAreEmails = false, CancellationToken cancellation = default)
    {
        return new(path, encoding, PreferenceColumns, ReadPreference, cancellation);

        bool ReadPreference(in RowCells cells, out MessagePreference row)
        {
            var isRight = cells.Customer(0, customersAreEmails, out var customer);
            var kindCell = Encoding.UTF8.GetString(cells.Trimmed(1));
            MessageKind? kind = null;
            if (kindCell.Length > 0)
            {
                isRight &= MessageKinds.TryParse(kindCell, out var found) || cells.Fault(1, PointsFile<MessagePreference>.Invalid);
                kind = found;
            }

            var channel = Encoding.UTF8.GetString(cells.Trimmed(2));
            isRight &= TryAllowed(cells.Trimmed(3), out var allowed)
                || cells.Fault(3, cells.Trimmed(3).IsEmpty ? PointsFile<MessagePreference>.Blank : PointsFile<MessagePreference>.Invalid);
            row = new(customer, kind, channel.Length == 0 ? null : channel, allowed);
            return isRight;
        }
    }

    private static bool TryEvent(ReadOnlySpan<byte> word, out RedemptionEvent happening)
    {
        RedemptionEvent? found = word switch
        {
            [] => RedemptionEvent.Claimed,
            _ when word.SequenceEqual("claimed"u8) => RedemptionEvent.Claimed,
            _ when word.SequenceEqual("fulfilled"u8) => RedemptionEvent.Fulfilled,
            _ when word.SequenceEqual("concluded"u8) => RedemptionEvent.Concluded,
            _ when word.SequenceEqual("cancelled"u8) => RedemptionEvent.Cancelled,
            _ when word.SequenceEqual("rejected"u8) => RedemptionEvent.Rejected,
            _ when word.SequenceEqual("refunded"u8) => RedemptionEvent.Refunded,
            _ => null,
        };
        happening = found ?? default;
        return found is not null;
    }

    private static bool TryAllowed(ReadOnlySpan<byte> word, out bool allowed)
    {
        allowed = Ascii.EqualsIgnoreCase(word, "true"u8) || Ascii.EqualsIgnoreCase(word, "yes"u8) || word.SequenceEqual("1"u8);
        return allowed || Ascii.EqualsIgnoreCase(word, "false"u8) || Ascii.EqualsIgnoreCase(word, "no"u8) || word.SequenceEqual("0"u8);
    }
}
