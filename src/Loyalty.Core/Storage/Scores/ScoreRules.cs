using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Loyalty.Orders;
using Loyalty.Scoring;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.Scores;

/// <summary>What every store of scores checks and decides alike.</summary>
public static class ScoreRules
{
    /// <summary>The most entries of a page of a timeline.</summary>
    public const int MaxPage = 10_000;

    /// <summary>Refuses a run as of a date before the last one.</summary>
    /// <param name="asOf">The date of scoring.</param>
    /// <param name="storedAsOf">The date of the last run; <see langword="null"/> when there was none.</param>
    /// <exception cref="StoreException">The date is before that of the last run.</exception>
    public static void CheckDate(DateOnly asOf, DateOnly? storedAsOf)
    {
        if (asOf < storedAsOf)
        {
            throw new StoreException(
                StoreFault.Stale,
                $"The customers were scored as of {storedAsOf:O} already; {asOf:O} is before that. Score that date or a later one, or use another store.");
        }
    }

    /// <summary>Says that orders cannot change where customers were given as a list.</summary>
    public static StoreException OrdersAreMissing() => new(
        StoreFault.Refused,
        "The store holds customers as a list told them, without their orders, so that changes of orders cannot be added up; give all orders.");

    /// <summary>Checks the size of a page of a timeline.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="size"/> is below 1 or above <see cref="MaxPage"/>.</exception>
    public static void CheckPage(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MaxPage);
    }

    /// <summary>Refuses an order that not every store can keep.</summary>
    /// <exception cref="ArgumentException">It has no key, a text has U+0000 or half a character, or an id or a name is too long; the message says which.</exception>
    public static void CheckStorable(Order order)
    {
        ArgumentNullException.ThrowIfNull(order);
        if (order.Key == default)
        {
            throw new ArgumentException("An order has no key; give its platform and the platform's id.", nameof(order));
        }

        StorableText.CheckKey(order.Key.Id, "The id of an order");
        StorableText.CheckKey(order.CustomerKey ?? string.Empty, "The customer of an order");
        StorableText.CheckKey(order.RefundOf ?? string.Empty, "The id of the order that a credit names");
        StorableText.Check(order.Contact, "The contact of an order");
        StorableText.Check(order.Status, "The status of an order");
        StorableText.Check(order.Item, "The item of an order");
        StorableText.Check(order.Purchaser, "The purchaser of an order");
    }

    /// <summary>
    /// Equal for programs that give everybody the same scores and segments: the SHA-256 of the limits, the weights, and the segment of each cell.
    /// </summary>
    public static string Fingerprint(ScoringProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        var text = new StringBuilder();
        if (program.Model == ScoringModel.Thresholds)
        {
            var rule = ScoreRule.FromThresholds(program.Thresholds);
            foreach (var boundaries in (ScoreBoundaries[])[rule.Recency, rule.Frequency, rule.Money])
            {
                for (var i = 0; i < ScoreBoundaries.Count; i++)
                {
                    text.Append(CultureInfo.InvariantCulture, $"{boundaries[i]:G29} ");
                }
            }
        }
        else
        {
            text.Append(CultureInfo.InvariantCulture, $"{program.Cuts} ");
        }

        text.Append(CultureInfo.InvariantCulture, $"{program.Weights.Recency} {program.Weights.Frequency} {program.Weights.Money}");
        var segments = program.Segments;
        for (var i = 0; i < RfmCell.Count; i++)
        {
            text.Append('\n').Append(segments.Of(RfmCell.FromIndex(i)));
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>
    /// Whether a customer's scores stand as they are: made by the same program from the same input, and no limit of days was crossed since.
    /// Meant for the threshold model.
    /// </summary>
    /// <param name="rule">The rule of the program.</param>
    /// <param name="before">The scores as they are stored.</param>
    /// <param name="input">What the customer is scored from now.</param>
    /// <param name="asOf">The date of scoring.</param>
    public static bool Stands(ScoreRule rule, Score before, in RfmInput input, DateOnly asOf)
    {
        ArgumentNullException.ThrowIfNull(rule);
        ArgumentNullException.ThrowIfNull(before);
        return before.Input == input && !(rule.NextChange(before.Input, before.AsOf) <= asOf);
    }

    /// <summary>The scores of a cell.</summary>
    /// <param name="program">How to score.</param>
    /// <param name="segments">The segments of the program.</param>
    /// <param name="asOf">The date of scoring.</param>
    /// <param name="input">What the cell was made from.</param>
    /// <param name="cell">The three scores.</param>
    public static Score Make(ScoringProgram program, SegmentPlan segments, DateOnly asOf, in RfmInput input, RfmCell cell)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(segments);
        return new(asOf, input, cell, program.Weights.LeadScore(cell), segments.Of(cell));
    }
}
