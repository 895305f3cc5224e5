using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Loyalty.Identity.Merging;

namespace Loyalty.Tests.Identity;

public sealed class RecordMergeTests
{
    private static readonly MergeField[] Fields =
    [
        new("email", MergeComparison.Exact),
        new("name", MergeComparison.Text),
        new("gmv", MergeComparison.Number),
        new(["line", "city", "zip"], MergeComparison.Text),
    ];

    [Fact]
    public void The_first_source_fills_the_field_and_the_later_one_is_a_conflict()
    {
        var merge = new RecordMerge(Fields);
        merge.Add(1, "Jane", new MergeOrigin(1, 0, 5));
        merge.Add(1, "Mary", new MergeOrigin(0, 0, 9));
        merge.Add(0, "jane@example.com", new MergeOrigin(1, 0, 5));
        var record = merge.Merge();
        Assert.Equal(("Mary", "jane@example.com", ""), (record["name"], record["email"], record["gmv"]));
        Assert.Equal([new MergeConflict("name", "Mary", new MergeOrigin(0, 0, 9), "Jane", new MergeOrigin(1, 0, 5))], record.Conflicts);
        Assert.Equal(new MergeOrigin(1, 0, 5), record.Values.Single(value => value.Field == Fields[0]).Origin);
    }

    [Fact]
    public void Within_a_source_most_rows_decide_then_the_ordinally_smallest()
    {
        var merge = new RecordMerge(Fields);
        merge.Add(1, "Jane", new MergeOrigin(0, 0, 2));
        merge.Add(1, "Anna", new MergeOrigin(0, 0, 3));
        merge.Add(1, "Jane", new MergeOrigin(0, 0, 4));
        Assert.Equal("Jane", merge.Merge()["name"]);
        merge.Add(1, "Anna", new MergeOrigin(0, 0, 5));
        var record = merge.Merge();
        Assert.Equal("Anna", record["name"]);
        Assert.Equal([new MergeConflict("name", "Anna", new MergeOrigin(0, 0, 3), "Jane", new MergeOrigin(0, 0, 2))], record.Conflicts);
    }

    [Fact]
    public void A_newer_file_of_a_source_replaces_what_the_source_said()
    {
        var merge = new RecordMerge(Fields);
        merge.Add(1, "Jane", new MergeOrigin(0, 0, 2));
        merge.Add(1, "Janet", new MergeOrigin(0, 1, 7));
        merge.Add(0, "jane@example.com", new MergeOrigin(0, 0, 2));
        var record = merge.Merge();
        Assert.Equal(("Janet", "jane@example.com"), (record["name"], record["email"]));
        Assert.Empty(record.Conflicts);
    }

    [Fact]
    public void Values_that_say_the_same_are_no_conflict()
    {
        var merge = new RecordMerge(Fields);
        merge.Add(1, "Jane  van  Doe", new MergeOrigin(0, 0, 2));
        merge.Add(1, "JANE VAN DOE", new MergeOrigin(1, 0, 2));
        merge.Add(2, "1200000", new MergeOrigin(0, 0, 2));
        merge.Add(2, "1200000.00", new MergeOrigin(1, 0, 2));
        merge.Add(0, "a@example.com", new MergeOrigin(0, 0, 2));
        merge.Add(0, "A@example.com", new MergeOrigin(1, 0, 2));
        Assert.Equal(["email"], merge.Merge().Conflicts.Select(conflict => conflict.Column));
    }

    [Fact]
    public void The_columns_of_a_unit_come_from_one_row()
    {
        var merge = new RecordMerge(Fields);
        merge.Add(3, ["1 Main St", "", "02134"], new MergeOrigin(0, 0, 2));
        merge.Add(3, ["9 Side St", "Boston", "02134"], new MergeOrigin(1, 0, 3));
        merge.Add(3, ["", " ", ""], new MergeOrigin(0, 0, 1));
        var record = merge.Merge();
        Assert.Equal(("1 Main St", "", "02134"), (record["line"], record["city"], record["zip"]));
        Assert.Equal(["line"], record.Conflicts.Select(conflict => conflict.Column));
    }

    [Fact]
    public void Wrong_calls_are_refused()
    {
        var merge = new RecordMerge(Fields);
        Assert.Throws<ArgumentException>(() => merge.Add(3, "1 Main St", default));
        Assert.Throws<ArgumentOutOfRangeException>(() => merge.Add(4, "x", default));
        Assert.Throws<ArgumentException>(() => new MergeField([], MergeComparison.Text));
        Assert.Throws<ArgumentException>(() => new MergeField(["a", "a"], MergeComparison.Text));
        Assert.Equal("", merge.Merge()["nothing"]);
    }

    [Property(MaxTest = 10_000, Arbitrary = [typeof(SaidRows)])]
    public void Merging_keeps_the_first_sources_value_loses_nothing_and_does_not_depend_on_order(SaidRow[] rows, Seed seed)
    {
        var said = rows.Select((row, index) => (row.Field, Values: row.Texts(), Origin: new MergeOrigin(row.Source, row.File, index + 2))).ToList();
        var record = Merge(said);

        // The order in which rows arrive does not matter.
        var shuffled = said.ToArray();
        new Random(seed.Value).Shuffle(shuffled);
        Equal(record, Merge(shuffled));

        // Merging once more what is merged already changes nothing.
        Equal(record, Merge(said.Concat(record.Values.Select(value => (Array.IndexOf(Fields, value.Field), value.Values.ToArray(), value.Origin)))));

        for (var field = 0; field < Fields.Length; field++)
        {
            var about = said.Where(row => row.Field == field && !row.Values.All(string.IsNullOrWhiteSpace)).ToList();
            var kept = record.Values.SingleOrDefault(value => value.Field == Fields[field]);
            Assert.Equal(about.Count > 0, kept is not null);
            if (kept is null)
            {
                continue;
            }

            var source = about.Min(row => row.Origin.Source);
            var file = about.Where(row => row.Origin.Source == source).Max(row => row.Origin.File);
            Assert.Equal((source, file), (kept.Origin.Source, kept.Origin.File));
            Assert.Contains(about, row => row.Origin == kept.Origin && row.Values.SequenceEqual(kept.Values));

            // Whatever the newest file of a source says is kept, agrees with what is kept, or is a conflict.
            foreach (var row in about.Where(row => about.Where(other => other.Origin.Source == row.Origin.Source).Max(other => other.Origin.File) == row.Origin.File))
            {
                for (var column = 0; column < row.Values.Length; column++)
                {
                    Assert.True(
                        string.IsNullOrWhiteSpace(row.Values[column]) || string.IsNullOrWhiteSpace(kept.Values[column])
                        || Fields[field].Agree(kept.Values[column], row.Values[column])
                        || record.Conflicts.Any(conflict => conflict.Column == Fields[field].Columns[column] && conflict.Other == row.Values[column]
                            && conflict.OtherOrigin.Source == row.Origin.Source && conflict.Kept == kept.Values[column]));
                }
            }
        }

        Assert.Equal(record.Conflicts.Count, record.Conflicts.Select(conflict => (conflict.Column, conflict.Other, conflict.OtherOrigin.Source)).Distinct().Count());
    }

    private static MergedRecord Merge(IEnumerable<(int Field, string[] Values, MergeOrigin Origin)> said)
    {
        var merge = new RecordMerge(Fields);
        foreach (var (field, values, origin) in said)
        {
            merge.Add(field, values, origin);
        }

        return merge.Merge();
    }

    private static void Equal(MergedRecord left, MergedRecord right)
    {
        Assert.Equal(left.Values.Select(value => (value.Field, string.Join('|', value.Values), value.Origin)), right.Values.Select(value => (value.Field, string.Join('|', value.Values), value.Origin)));
        Assert.Equal(left.Conflicts, right.Conflicts);
    }

    private static class SaidRows
    {
        private static readonly Gen<string> Text = Gen.Elements("", " ", "Jane", "jane", "JANE  DOE", "Jane Doe", "Anna", "1", "1.0", "2", "x");

        public static Arbitrary<SaidRow[]> Any { get; } =
            (from field in Gen.Choose(0, 3)
             from source in Gen.Choose(0, 2)
             from file in Gen.Choose(0, 1)
             from first in Text
             from second in Text
             from third in Text
             select new SaidRow(field, source, file, first, second, third)).ArrayOf().ToArbitrary();
    }
}

/// <summary>What a row of a file of a source says about a field; the field of three columns takes all three texts.</summary>
public readonly record struct SaidRow(int Field, int Source, int File, string First, string Second, string Third)
{
    public string[] Texts() => Field == 3 ? [First, Second, Third] : [First];
}
