using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Loyalty;

/// <summary>Records as text. What the compiler makes of a record writes dates and numbers as the current culture does: 2025-03-01 is 2568 in one and 1446 in another.</summary>
internal static class InvariantText
{
    // The invariant culture, with dates as in files: 2025-03-01 12:00:00 +00:00.
    private static readonly CultureInfo Iso = MakeIso();

    /// <summary>A record as text, the same under every culture.</summary>
    /// <param name="name">The name of its type.</param>
    /// <param name="printMembers">The record's own <c>PrintMembers</c>.</param>
    [SuppressMessage("ApiDesign", "RS0030", Justification = "The generated PrintMembers takes no culture; the thread gets back its own.")]
    public static string Of(string name, Func<StringBuilder, bool> printMembers)
    {
        var own = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = Iso;
            var text = new StringBuilder(name).Append(" { ");
            return (printMembers(text) ? text.Append(" }") : text.Append('}')).ToString();
        }
        finally
        {
            CultureInfo.CurrentCulture = own;
        }
    }

    private static CultureInfo MakeIso()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.DateTimeFormat.ShortDatePattern = "yyyy-MM-dd";
        culture.DateTimeFormat.LongTimePattern = "HH:mm:ss";
        return CultureInfo.ReadOnly(culture);
    }
}
