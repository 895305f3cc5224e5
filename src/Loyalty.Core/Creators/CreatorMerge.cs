using System.Globalization;
using Loyalty.Identity;
using Loyalty.Identity.Merging;
using Loyalty.Memory;

namespace Loyalty.Creators;

/// <summary>A column of a creator, its value, and where that was read.</summary>
/// <param name="Column">The column, as in <see cref="CreatorMerge.Columns"/>.</param>
/// <param name="Value">The value.</param>
/// <param name="Source">The source that fills it.</param>
/// <param name="File">The number of the file in the journal of imports.</param>
/// <param name="Line">The line of the first record that says so.</param>
public readonly record struct FieldOrigin(string Column, string Value, CreatorSource Source, int File, long Line);

/// <summary>Something else that a source says of a column.</summary>
/// <param name="Column">The column.</param>
/// <param name="Kept">The value that was kept.</param>
/// <param name="KeptSource">The source of the kept value.</param>
/// <param name="Other">The value that was not.</param>
/// <param name="OtherSource">Its source, which may be the same one.</param>
/// <param name="Line">The line of the first record that says so.</param>
public readonly record struct FieldConflict(string Column, string Kept, CreatorSource KeptSource, string Other, CreatorSource OtherSource, long Line);

/// <summary>What came of comparing a masked phone number with the full numbers of the same creator.</summary>
/// <param name="Masked">The mask as given.</param>
/// <param name="Matched">The one number that fits, as E.164; else empty.</param>
/// <param name="Outcome">What came of it.</param>
public readonly record struct PhoneLink(string Masked, string Matched, MaskedPhoneOutcome Outcome);

/// <summary>Merges what the sources say of a creator, by the rules of <see cref="RecordMerge"/>.</summary>
/// <remarks>
/// The first source in the order of merging that says anything of a field fills it, with what it says in most rows; everything else that differs after normalising
/// is a conflict. A masked number is evidence: it never fills a field and never conflicts.
/// </remarks>
public static class CreatorMerge
{
    private static readonly string[] AddressColumns = ["address_line_1", "address_line_2", "city", "state", "zipcode", "country"];

    private static readonly MergeField[] Fields =
    [
        new("email", MergeComparison.Text),
        new("phone", MergeComparison.Exact),
        new("phone_masked", MergeComparison.Exact),
        new("first_name", MergeComparison.Text),
        new("last_name", MergeComparison.Text),
        new(AddressColumns, MergeComparison.Text),
        new("followers", MergeComparison.Number),
        new("gmv", MergeComparison.Number),
    ];

    /// <summary>The columns that sources fill, in the order of the results.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["email", "phone", "first_name", "last_name", .. AddressColumns, "followers", "gmv"];

    /// <summary>The creator as the evidence makes it; counts and tags are those given.</summary>
    /// <param name="creator">The handle, the evidence, the tags and the counts.</param>
    /// <param name="order">The order of merging; every source of the evidence stands in it.</param>
    public static Creator Merge(Creator creator, IReadOnlyList<CreatorSource> order)
    {
        ArgumentNullException.ThrowIfNull(creator);
        ArgumentNullException.ThrowIfNull(order);
        return Merge(creator.Handle, creator.Tags, creator.Evidence, creator.Samples, creator.Videos, order);
    }

    /// <summary>The creator as the evidence makes it.</summary>
    internal static Creator Merge(string handle, IReadOnlyList<string> tags, CreatorEvidence evidence, int samples, int videos, IReadOnlyList<CreatorSource> order) =>
        new()
        {
            Handle = handle,
            Tags = tags,
            Evidence = evidence,
            Samples = samples,
            Videos = videos,
            Email = Kept(evidence, order, CreatorField.Email),
            Phone = Kept(evidence, order, CreatorField.Phone),
            FirstName = Kept(evidence, order, CreatorField.FirstName),
            LastName = Kept(evidence, order, CreatorField.LastName),
            Address = Kept(evidence, order, CreatorField.Address) is { Length: > 0 } address ? AddressOf(address) : default,
            Followers = Kept(evidence, order, CreatorField.Followers) is { Length: > 0 } followers ? long.Parse(followers, CultureInfo.InvariantCulture) : null,
            Gmv = Kept(evidence, order, CreatorField.Gmv) is { Length: > 0 } gmv ? decimal.Parse(gmv, NumberStyles.Float, CultureInfo.InvariantCulture) : null,
            Sources = Ordered(evidence, order),
        };

    /// <summary>Where each filled column comes from, in the order of <see cref="Columns"/>.</summary>
    public static IEnumerable<FieldOrigin> Origins(CreatorEvidence evidence, IReadOnlyList<CreatorSource> order)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        ArgumentNullException.ThrowIfNull(order);
        for (var field = CreatorField.Email; field <= CreatorField.Gmv; field++)
        {
            if (field == CreatorField.MaskedPhone || First(evidence, order, field) is not (var source, { } statements))
            {
                continue;
            }

            var kept = statements.Said[0];
            if (field != CreatorField.Address)
            {
                yield return new FieldOrigin(Fields[(int)field].Columns[0], kept.Value, source, statements.File, kept.Line);
                continue;
            }

            var address = AddressOf(kept.Value);
            for (var column = 0; column < PostalAddress.Columns; column++)
            {
                if (address[column].Length > 0)
                {
                    yield return new FieldOrigin(AddressColumns[column], address[column], source, statements.File, kept.Line);
                }
            }
        }
    }

    /// <summary>What else was said: once for each column, other value and source; ordered by all columns as text (ordinal).</summary>
    public static IReadOnlyList<FieldConflict> Conflicts(CreatorEvidence evidence, IReadOnlyList<CreatorSource> order)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        ArgumentNullException.ThrowIfNull(order);
        List<FieldConflict>? conflicts = null;
        for (var field = CreatorField.Email; field <= CreatorField.Gmv; field++)
        {
            if (field == CreatorField.MaskedPhone || First(evidence, order, field) is not (var source, { } statements))
            {
                continue;
            }

            var kept = statements.Said[0].Value;
            foreach (var other in evidence.Span)
            {
                if (other[field] is { } said && !(ReferenceEquals(said, statements) && said.Span.Length == 1))
                {
                    Add(field, kept, source, other.Source, said, ref conflicts);
                }
            }
        }

        conflicts?.Sort(InTextOrder);
        return conflicts ?? (IReadOnlyList<FieldConflict>)[];
    }

    /// <summary>Compares every masked number with the full numbers that any source gives for the same creator; in ordinal order of the masks.</summary>
    public static IReadOnlyList<PhoneLink> PhoneLinks(CreatorEvidence evidence)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        List<PhoneLink>? links = null;
        PhoneNumber[]? candidates = null;
        foreach (var source in evidence.Span)
        {
            if (source[CreatorField.MaskedPhone] is not { } masks)
            {
                continue;
            }

            foreach (var said in masks.Span)
            {
                var end = said.Value.IndexOf('\0', StringComparison.Ordinal);
                var (given, mask) = (said.Value[..end], said.Value[(end + 1)..^1]);
                links ??= [];
                if (!IsLinked(links, given))
                {
                    candidates ??= Numbers(evidence);
                    var match = MaskedPhoneNumber.Read(mask, default, out var masked) == MaskedPhoneReason.None ? masked.Match(candidates) : default;
                    links.Add(new PhoneLink(given, match.Outcome == MaskedPhoneOutcome.Matched ? match.Number.ToString() : "", match.Outcome));
                }
            }
        }

        links?.Sort(static (a, b) => CodePointOrder.Instance.Compare(a.Masked, b.Masked));
        return links ?? (IReadOnlyList<PhoneLink>)[];
    }

    private static bool IsLinked(List<PhoneLink> links, string masked)
    {
        foreach (var link in links)
        {
            if (string.Equals(link.Masked, masked, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static PhoneNumber[] Numbers(CreatorEvidence evidence)
    {
        var numbers = new List<PhoneNumber>();
        foreach (var source in evidence.Span)
        {
            if (source[CreatorField.Phone] is { } phones)
            {
                foreach (var said in phones.Span)
                {
                    numbers.Add(PhoneNumber.Parse(said.Value, null));
                }
            }
        }

        return [.. numbers];
    }

    /// <summary>The address of a statement.</summary>
    internal static PostalAddress AddressOf(string value)
    {
        var columns = value.Split('\0');
        return new PostalAddress(columns[0], columns[1], columns[2], columns[3], columns[4], columns[5]);
    }

    private static string Kept(CreatorEvidence evidence, IReadOnlyList<CreatorSource> order, CreatorField field) =>
        First(evidence, order, field).Statements?.Span[0].Value ?? "";

    private static (CreatorSource Source, FieldStatements? Statements) First(CreatorEvidence evidence, IReadOnlyList<CreatorSource> order, CreatorField field)
    {
        for (var i = 0; i < order.Count; i++)
        {
            if (evidence[order[i]]?[field] is { } statements)
            {
                return (order[i], statements);
            }
        }

        return default;
    }

    private static CreatorSource[] Ordered(CreatorEvidence evidence, IReadOnlyList<CreatorSource> order)
    {
        var sources = new CreatorSource[evidence.Span.Length];
        var next = 0;
        for (var i = 0; i < order.Count && next < sources.Length; i++)
        {
            if (evidence[order[i]] is not null)
            {
                sources[next++] = order[i];
            }
        }

        return next == sources.Length ? sources : throw new ArgumentException("The evidence has a source that is not in the order of merging.", nameof(order));
    }

    private static void Add(
        CreatorField field, string kept, CreatorSource keptSource, CreatorSource source, FieldStatements said, ref List<FieldConflict>? conflicts)
    {
        var rule = Fields[(int)field];
        if (field != CreatorField.Address)
        {
            foreach (ref readonly var statement in said.Span)
            {
                if (!rule.Agree(kept, statement.Value))
                {
                    (conflicts ??= []).Add(new FieldConflict(rule.Columns[0], kept, keptSource, statement.Value, source, statement.Line));
                }
            }

            return;
        }

        var address = AddressOf(kept);
        foreach (ref readonly var statement in said.Span)
        {
            var other = AddressOf(statement.Value);
            for (var column = 0; column < PostalAddress.Columns; column++)
            {
                if (address[column].Length == 0 || other[column].Length == 0 || rule.Agree(address[column], other[column]))
                {
                    continue;
                }

                var conflict = new FieldConflict(AddressColumns[column], address[column], keptSource, other[column], source, statement.Line);
                conflicts ??= [];

                // Several addresses may share the column; it is told once, at its first line.
                var known = conflicts.FindIndex(c => string.Equals(c.Column, conflict.Column, StringComparison.Ordinal) && c.OtherSource == source && string.Equals(c.Other, conflict.Other, StringComparison.Ordinal));
                if (known < 0)
                {
                    conflicts.Add(conflict);
                }
                else if (conflicts[known].Line > conflict.Line)
                {
                    conflicts[known] = conflict;
                }
            }
        }
    }

    private static int InTextOrder(FieldConflict left, FieldConflict right)
    {
        static string[] Cells(FieldConflict conflict) =>
        [
            conflict.Column, conflict.Kept, CreatorSourceName.Of(conflict.KeptSource), conflict.Other, CreatorSourceName.Of(conflict.OtherSource),
            conflict.Line.ToString(CultureInfo.InvariantCulture),
        ];
        var (a, b) = (Cells(left), Cells(right));
        var order = 0;
        for (var i = 0; order == 0 && i < a.Length; i++)
        {
            order = CodePointOrder.Instance.Compare(a[i], b[i]);
        }

        return order;
    }
}
