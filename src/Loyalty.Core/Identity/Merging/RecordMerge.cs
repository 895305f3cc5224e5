namespace Loyalty.Identity.Merging;

/// <summary>Collects what sources say of one record and merges it.</summary>
/// <remarks>
/// <list type="number">
/// <item>The first source with a value fills the field, and it stays. A newer file of the same source replaces what that source said of the field.</item>
/// <item>Within one source: the value that stands in most rows; among equals the ordinally smallest. So the order of rows does not matter.</item>
/// <item>The columns of a unit come from one row.</item>
/// <item>Every other value that says something else is a conflict, once for each column, value and source; nothing is lost.</item>
/// </list>
/// <para>Values are given in normal form (a phone number as E.164, a repaired name); empty values are not given. An instance is not thread-safe.</para>
/// </remarks>
public sealed class RecordMerge
{
    private readonly MergeField[] _fields;
    private readonly List<Said>[] _said;

    /// <summary>A record about which nothing is said yet.</summary>
    /// <param name="fields">The fields, in the order in which they are to come out.</param>
    public RecordMerge(IReadOnlyList<MergeField> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        _fields = [.. fields];
        _said = new List<Said>[_fields.Length];
        for (var i = 0; i < _said.Length; i++)
        {
            _said[i] = [];
        }
    }

    /// <summary>Adds what one row says of a field of one column.</summary>
    /// <param name="field">The field's place in the list.</param>
    /// <param name="value">The value in normal form; white space alone says nothing.</param>
    /// <param name="origin">Where it was read.</param>
    /// <exception cref="ArgumentException">The field is a unit of several columns.</exception>
    public void Add(int field, string value, MergeOrigin origin) => Add(field, [value], origin);

    /// <summary>Adds what one row says of a unit.</summary>
    /// <param name="field">The field's place in the list.</param>
    /// <param name="values">A value for each column; a row whose columns are all blank says nothing.</param>
    /// <param name="origin">Where they were read.</param>
    /// <exception cref="ArgumentException">The number of values is not that of the columns.</exception>
    public void Add(int field, IReadOnlyList<string> values, MergeOrigin origin)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfNegative(field);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(field, _fields.Length);
        if (values.Count != _fields[field].Columns.Count)
        {
            throw new ArgumentException(
                $"The field has {_fields[field].Columns.Count} columns ({string.Join(", ", _fields[field].Columns)}), but {values.Count} values were given.", nameof(values));
        }

        if (!values.All(string.IsNullOrWhiteSpace))
        {
            _said[field].Add(new Said([.. values], origin));
        }
    }

    /// <summary>Merges what was added so far.</summary>
    public MergedRecord Merge()
    {
        var values = new List<MergedValue>();
        var conflicts = new List<MergeConflict>();
        for (var i = 0; i < _fields.Length; i++)
        {
            var field = _fields[i];
            var sources = _said[i].GroupBy(said => said.Origin.Source).OrderBy(group => group.Key).Select(Ranked).ToList();
            if (sources.Count == 0)
            {
                continue;
            }

            var kept = sources[0][0];
            values.Add(new MergedValue(field, kept.Values, kept.Origin));
            for (var column = 0; column < field.Columns.Count; column++)
            {
                AddConflicts(field, column, kept, sources, conflicts);
            }
        }

        return new MergedRecord(values, conflicts);
    }

    /// <summary>The distinct values of the newest file of one source, the one in most rows first; each with its first line.</summary>
    private static List<Said> Ranked(IEnumerable<Said> source)
    {
        var newest = source.GroupBy(said => said.Origin.File).MaxBy(file => file.Key)!;
        return
        [
            .. newest.GroupBy(said => said.Values, RowComparer.Instance)
                .OrderByDescending(rows => rows.Count())
                .ThenBy(rows => rows.Key, RowComparer.Instance)
                .Select(rows => rows.MinBy(said => said.Origin.Line)),
        ];
    }

    private static void AddConflicts(MergeField field, int column, Said kept, List<List<Said>> sources, List<MergeConflict> conflicts)
    {
        if (string.IsNullOrWhiteSpace(kept.Values[column]))
        {
            return;
        }

        foreach (var source in sources)
        {
            var others = source
                .Where(said => !string.IsNullOrWhiteSpace(said.Values[column]) && !field.Agree(kept.Values[column], said.Values[column]))
                .GroupBy(said => said.Values[column], StringComparer.Ordinal)
                .OrderBy(said => said.Key, StringComparer.Ordinal);
            conflicts.AddRange(others.Select(other => new MergeConflict(
                field.Columns[column], kept.Values[column], kept.Origin, other.Key, other.MinBy(said => said.Origin.Line).Origin)));
        }
    }

    private readonly record struct Said(string[] Values, MergeOrigin Origin);

    /// <summary>Rows by their values, column after column, ordinal.</summary>
    private sealed class RowComparer : IEqualityComparer<string[]>, IComparer<string[]>
    {
        public static readonly RowComparer Instance = new();

        public bool Equals(string[]? x, string[]? y) => Compare(x, y) == 0;

        public int GetHashCode(string[] obj)
        {
            var hash = default(HashCode);
            foreach (var value in obj)
            {
                hash.Add(value, StringComparer.Ordinal);
            }

            return hash.ToHashCode();
        }

        public int Compare(string[]? x, string[]? y)
        {
            var order = 0;
            for (var i = 0; order == 0 && i < x!.Length; i++)
            {
                order = string.CompareOrdinal(x[i], y![i]);
            }

            return order;
        }
    }
}
