using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Loyalty.Identity;
using Loyalty.Money;
using Loyalty.Programs;

namespace Loyalty.Clean;

/// <summary>What is sold and to whom it opens what.</summary>
/// <param name="Name">The name, such as <c>P2P</c>.</param>
/// <param name="DescriptionContains">Text that the description of a payment for it contains, in any case.</param>
/// <param name="Tag">The tag of contacts that bought it; a whole tag, in any case.</param>
/// <param name="HasProfile">Whether a buyer gets a profile.</param>
/// <param name="HasEnrollment">Whether a buyer gets an enrollment.</param>
/// <param name="ManualAmount">What a contact with the tag, but without a payment, is taken to have paid by hand, in minor units; <see langword="null"/>: nothing.</param>
public sealed record CleanProduct(string Name, string DescriptionContains, string Tag, bool HasProfile, bool HasEnrollment, long? ManualAmount);

/// <summary>The product catalogue and the rules of a clean migration; data, read from JSON.</summary>
/// <remarks>Immutable and thread-safe.</remarks>
public sealed class CleanCatalog
{
    private CleanCatalog(
        string json, string tenant, Currency currency, TimeZoneInfo timeZone, int fiscalYearStartMonth, IReadOnlyList<CleanProduct> products, string otherProduct, IReadOnlyList<string> testEmails)
    {
        (Json, Tenant, Currency, TimeZone, FiscalYearStartMonth, Products, OtherProduct, TestEmails) =
            (json, tenant, currency, timeZone, fiscalYearStartMonth, products, otherProduct, testEmails);
    }

    /// <summary>The catalogue as it was read.</summary>
    public string Json { get; }

    /// <summary>Whose catalogue it is.</summary>
    public string Tenant { get; }

    /// <summary>The currency of all amounts.</summary>
    public Currency Currency { get; }

    /// <summary>The zone in which payments have their date.</summary>
    public TimeZoneInfo TimeZone { get; }

    /// <summary>The month in which the fiscal year begins, 1 to 12.</summary>
    public int FiscalYearStartMonth { get; }

    /// <summary>The products in order: the first one whose text a description contains is bought.</summary>
    public IReadOnlyList<CleanProduct> Products { get; }

    /// <summary>The name for what no product of the catalogue is.</summary>
    public string OtherProduct { get; }

    /// <summary>Patterns of test addresses: the whole normalised address, <c>*</c> stands for anything.</summary>
    public IReadOnlyList<string> TestEmails { get; }

    /// <summary>Reads a catalogue; all faults are reported together, each with its JSON path.</summary>
    /// <exception cref="ProgramException">The text is no JSON, or no catalogue.</exception>
    public static CleanCatalog Parse(string json) => TryRead(json, out var catalog, out var faults) ? catalog : throw new ProgramException(faults);

    /// <summary>Reads a catalogue without an exception; all faults are reported together, each with its JSON path.</summary>
    /// <returns>Whether the text is a catalogue; if not, the faults say why.</returns>
    public static bool TryRead(string json, [NotNullWhen(true)] out CleanCatalog? catalog, out IReadOnlyList<ProgramFault> faults)
    {
        ArgumentNullException.ThrowIfNull(json);
        var found = new List<ProgramFault>();
        faults = found;
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            catalog = Read(json, new JsonSection(document.RootElement, "$", found), found);
        }
        catch (JsonException e)
        {
            catalog = null;
            found.Add(new ProgramFault("$", $"is no JSON: {e.Message}"));
        }

        if (found.Count > 0)
        {
            catalog = null;
        }

        return catalog is not null;
    }

    /// <summary>The product that a description names.</summary>
    /// <returns><see langword="null"/> for another one.</returns>
    public CleanProduct? FindProduct(string description)
    {
        ArgumentNullException.ThrowIfNull(description);
        foreach (var product in Products)
        {
            if (description.Contains(product.DescriptionContains, StringComparison.OrdinalIgnoreCase))
            {
                return product;
            }
        }

        return null;
    }

    /// <summary>The pattern of test addresses that a normalised address fits, if any.</summary>
    public string? FindTestPattern(EmailAddress email)
    {
        foreach (var pattern in TestEmails)
        {
            if (Fits(email.Normal, pattern))
            {
                return pattern;
            }
        }

        return null;
    }

    /// <summary>The fiscal quarter of a date, such as <c>2024-Q3</c>; a fiscal year has the name of the year in which it ends.</summary>
    public string FiscalQuarter(DateOnly date)
    {
        var year = FiscalYearStartMonth > 1 && date.Month >= FiscalYearStartMonth ? date.Year + 1 : date.Year;
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{year:D4}-Q{((date.Month - FiscalYearStartMonth + 12) % 12 / 3) + 1}");
    }

    private static CleanCatalog? Read(string json, JsonSection root, List<ProgramFault> faults)
    {
        var tenant = root.Text("tenant", required: true);
        var code = root.Text("currency", required: true);
        if (!Currency.TryGet(code, out var currency) && code is not null)
        {
            root.FaultAt("currency", $"'{code}' is no currency code of ISO 4217");
        }

        var zoneId = root.Text("timeZone", required: true);
        TimeZoneInfo? zone = null;
        if (zoneId is not null && !TimeZoneInfo.TryFindSystemTimeZoneById(zoneId, out zone))
        {
            root.FaultAt("timeZone", $"'{zoneId}' is no IANA time zone");
        }

        var month = root.Integer("fiscalYearStartMonth", required: false, 1, 12) ?? 1;
        var other = root.Text("otherProduct", required: false) ?? "Other";
        var products = new List<CleanProduct>();
        foreach (var section in root.Sections("products", required: true))
        {
            if (ReadProduct(section, currency) is { } product)
            {
                if (products.Exists(p => string.Equals(p.Name, product.Name, StringComparison.Ordinal)) || string.Equals(other, product.Name, StringComparison.Ordinal))
                {
                    section.FaultAt("name", $"'{product.Name}' stands twice");
                }

                products.Add(product);
            }
        }

        var patterns = new List<string>();
        foreach (var (path, value) in root.Items("testEmails", required: false))
        {
            if (value.ValueKind != JsonValueKind.String || string.IsNullOrWhiteSpace(value.GetString()))
            {
                root.Fault(path, $"expected a pattern such as \"*@example.com\", found {JsonSection.Shown(value)}");
            }
            else
            {
                // Addresses are compared in lower case.
                patterns.Add(value.GetString()!.Trim().ToLowerInvariant());
            }
        }

        _ = root.Any("$schema", required: false);
        root.Close();
        return faults.Count > 0 ? null : new CleanCatalog(json, tenant!, currency!, zone!, month, products, other, patterns);
    }

    private static CleanProduct? ReadProduct(JsonSection section, Currency? currency)
    {
        var name = section.Text("name", required: true);
        var contains = section.Text("descriptionContains", required: true);
        var tag = section.Text("tag", required: true);
        var (profile, enrollment) = (section.Flag("profile") ?? false, section.Flag("enrollment") ?? false);
        long? manual = null;
        if (section.Decimal("manualAmount", required: false) is { } amount && currency is not null)
        {
            if (amount <= 0 || !currency.TryToMinor(amount, out var minor))
            {
                section.FaultAt("manualAmount", $"expected an amount above 0 with at most {currency.Digits.ToString(System.Globalization.CultureInfo.InvariantCulture)} decimals");
            }
            else
            {
                manual = minor;
            }
        }

        section.Close();
        return name is null || contains is null || tag is null ? null : new CleanProduct(name, contains, tag, profile, enrollment, manual);
    }

    /// <summary>Whether a text fits a pattern as a whole; linear in time but for going back to the last star.</summary>
    private static bool Fits(ReadOnlySpan<char> text, ReadOnlySpan<char> pattern)
    {
        var (t, p, star, mark) = (0, 0, -1, 0);
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, mark) = (p++, t);
            }
            else if (p < pattern.Length && pattern[p] == text[t])
            {
                t++;
                p++;
            }
            else if (star >= 0)
            {
                (p, t) = (star + 1, ++mark);
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].IndexOfAnyExcept('*') < 0;
    }
}
