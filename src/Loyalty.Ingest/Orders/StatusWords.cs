using Loyalty.Orders;

namespace Loyalty.Ingest.Orders;

/// <summary>Compares the platforms' words for the state of an order.</summary>
internal static class StatusWords
{
    private static readonly string[] Unpaid = ["unpaid", "pending", "authorized", "authorised", "expired", "voided"];

    public static bool Knows(ReadOnlySpan<string> vocabulary, string text)
    {
        foreach (var word in vocabulary)
        {
            if (string.Equals(word, text, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// What words for the state of an order or ticket say: one that is refunded (not in part), cancelled, deleted, abandoned or transferred is dead,
    /// whatever the others say; one that waits for its money is unpaid.
    /// </summary>
    public static OrderStanding Standing(params ReadOnlySpan<string> words)
    {
        var standing = OrderStanding.Counts;
        foreach (var word in words)
        {
            var said = Of(word);
            standing = Rank(said) > Rank(standing) ? said : standing;
        }

        return standing;

        static int Rank(OrderStanding standing) => standing switch
        {
            OrderStanding.Refunded => 3,
            OrderStanding.Cancelled => 2,
            OrderStanding.Unpaid => 1,
            _ => 0,
        };
    }

    /// <summary>The net of an order: nothing of a dead or unpaid one, unless its source says what was kept, as paid less refunded.</summary>
    /// <param name="standing">The standing of the order.</param>
    /// <param name="net">The net as the source states it, after refunds.</param>
    /// <param name="kept">Paid less refunded; <see langword="null"/> when the source does not say both.</param>
    public static decimal Net(OrderStanding standing, decimal net, decimal? kept) =>
        standing == OrderStanding.Counts ? net
        : standing == OrderStanding.Unpaid || kept is not { } left ? 0
        : Math.Min(net, left);

    private static OrderStanding Of(string word)
    {
        if (Contains(word, "refund"))
        {
            // A refund that was only asked for gave nothing back yet.
            return Contains(word, "partial") || Contains(word, "pending") || Contains(word, "request") || Contains(word, "declined") || Contains(word, "failed")
                ? OrderStanding.Counts
                : OrderStanding.Refunded;
        }

        return Contains(word, "cancel") || Contains(word, "deleted") || Contains(word, "abandoned") || Contains(word, "transferred") ? OrderStanding.Cancelled
            : IsUnpaid(word) ? OrderStanding.Unpaid
            : OrderStanding.Counts;
    }

    private static bool IsUnpaid(string word)
    {
        foreach (var part in word.AsSpan().SplitAny(" _-/"))
        {
            foreach (var unpaid in Unpaid)
            {
                if (word.AsSpan()[part].Equals(unpaid, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }

    public static bool Contains(string text, string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);

    /// <summary>Two words of one order as given, with a slash between them.</summary>
    public static string Join(string first, string second) => first.Length > 0 && second.Length > 0 ? $"{first} / {second}" : first + second;
}
