using System.Reflection;
using Loyalty.Postgres.Copy;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;

namespace Loyalty.Tests.Stores.Schema;

/// <summary>Every value of every enumeration that stands in tables has a word, and each word is its value's own.</summary>
public sealed class EnumTextTests
{
    public static TheoryData<string> Kinds =>
        [.. typeof(EnumText).GetProperties(BindingFlags.Public | BindingFlags.Static).Select(static p => p.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_value_has_a_word_and_comes_back(string kind)
    {
        var words = typeof(EnumText).GetProperty(kind)!.GetValue(null)!;
        var values = Enum.GetValues(words.GetType().GetGenericArguments()[0]).Cast<object>().Where(static v => v is not LedgerOutcome.None).ToList();
        var of = words.GetType().GetProperty("Item")!;
        var parse = words.GetType().GetMethod("Parse")!;
        Assert.NotEmpty(values);
        Assert.All(values, value =>
        {
            var word = (string)of.GetValue(words, [value])!;
            Assert.Equal(value.ToString(), string.Concat(word.Split('-').Select(static w => char.ToUpperInvariant(w[0]) + w[1..])));
            Assert.Equal(value, parse.Invoke(words, [word]));
        });
    }

    /// <summary>Words by place in the code are words by name in tables: what earlier versions stored must be read as it was meant.</summary>
    [Fact]
    public void Outcomes_are_stored_by_their_own_names() => Assert.Equal(
        ("applied", "overflow", "conflict", "none", "invalid"),
        (EnumText.Outcome[LedgerOutcome.Applied], EnumText.Outcome[LedgerOutcome.Overflow], EnumText.Refusal[RowRefusal.Conflict], EnumText.Refusal[RowRefusal.None],
            EnumText.Refusal[RowRefusal.Invalid]));
}
