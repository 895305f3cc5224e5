namespace Loyalty.Identity.Merging;

/// <summary>The value of a field after merging, and where it comes from.</summary>
/// <param name="Field">The field.</param>
/// <param name="Values">A value for each column; a column of a unit may be empty.</param>
/// <param name="Origin">The first record that says so, in the newest file of its source that says anything.</param>
public sealed record MergedValue(MergeField Field, IReadOnlyList<string> Values, MergeOrigin Origin);

/// <summary>A value that lost against another one and says something else.</summary>
/// <param name="Column">The column.</param>
/// <param name="Kept">The value that was kept.</param>
/// <param name="KeptOrigin">Where the kept value was read.</param>
/// <param name="Other">The value that was not.</param>
/// <param name="OtherOrigin">The first record of its source that says so.</param>
public sealed record MergeConflict(string Column, string Kept, MergeOrigin KeptOrigin, string Other, MergeOrigin OtherOrigin);

/// <summary>What came of merging all that the sources say of one record.</summary>
/// <param name="Values">The fields that any source fills, in the order of the fields.</param>
/// <param name="Conflicts">What else was said, in the order of the fields, then of sources, then of the values (ordinal).</param>
public sealed record MergedRecord(IReadOnlyList<MergedValue> Values, IReadOnlyList<MergeConflict> Conflicts)
{
    /// <summary>The value of a column, or empty when no source fills it.</summary>
    public string this[string column]
    {
        get
        {
            foreach (var value in Values)
            {
                for (var i = 0; i < value.Field.Columns.Count; i++)
                {
                    if (string.Equals(value.Field.Columns[i], column, StringComparison.Ordinal))
                    {
                        return value.Values[i];
                    }
                }
            }

            return "";
        }
    }
}
