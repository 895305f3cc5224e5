namespace Loyalty.Identity.Merging;

/// <summary>When two values of a field say the same.</summary>
public enum MergeComparison
{
    /// <summary>Without regard to letter case and runs of spaces.</summary>
    Text,

    /// <summary>Character by character: keys and other normal forms.</summary>
    Exact,

    /// <summary>As decimal numbers: <c>1200000</c> and <c>1200000.00</c> are the same.</summary>
    Number,
}

/// <summary>A field of the merged record: one column, or several that only make sense together, such as an address.</summary>
/// <remarks>Immutable. The columns of a unit always come from one row of one source.</remarks>
public sealed class MergeField
{
    /// <summary>A field of one column.</summary>
    /// <exception cref="ArgumentException"><paramref name="column"/> is empty.</exception>
    public MergeField(string column, MergeComparison comparison)
        : this([column], comparison)
    {
    }

    /// <summary>A unit of several columns.</summary>
    /// <exception cref="ArgumentException">There is no column, or one without a name, or one twice.</exception>
    public MergeField(IReadOnlyList<string> columns, MergeComparison comparison)
    {
        ArgumentNullException.ThrowIfNull(columns);
        if (columns.Count == 0 || columns.Any(string.IsNullOrEmpty) || columns.Distinct(StringComparer.Ordinal).Count() < columns.Count)
        {
            throw new ArgumentException("A field has at least one column; every column has a name of its own.", nameof(columns));
        }

        Columns = [.. columns];
        Comparison = comparison;
    }

    /// <summary>The names of the columns.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>When two values say the same.</summary>
    public MergeComparison Comparison { get; }

    /// <summary>Whether two values of a column say the same.</summary>
    public bool Agree(string left, string right) => Comparison switch
    {
        MergeComparison.Exact => string.Equals(left, right, StringComparison.Ordinal),
        MergeComparison.Number => TryNumber(left, out var a) && TryNumber(right, out var b) ? a == b : string.Equals(left, right, StringComparison.Ordinal),
        _ => AgreeAsText(left, right),
    };

    private static bool TryNumber(string text, out decimal number) =>
        decimal.TryParse(text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out number);

    private static bool AgreeAsText(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        while (true)
        {
            left = left.TrimStart();
            right = right.TrimStart();
            if (left.IsEmpty || right.IsEmpty)
            {
                return left.IsEmpty && right.IsEmpty;
            }

            if (!Word(ref left).Equals(Word(ref right), StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }
        }
    }

    private static ReadOnlySpan<char> Word(ref ReadOnlySpan<char> text)
    {
        var length = 0;
        while (length < text.Length && !char.IsWhiteSpace(text[length]))
        {
            length++;
        }

        var word = text[..length];
        text = text[length..];
        return word;
    }
}
