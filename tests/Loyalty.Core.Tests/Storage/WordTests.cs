using Loyalty.Creators;
using Loyalty.Messages;
using Loyalty.Orders;
using Loyalty.Queue;

namespace Loyalty.Tests.Storage;

/// <summary>Every value of an enumeration that stands in files and stores by a word has one of its own.</summary>
public sealed class WordTests
{
    [Fact]
    public void Every_value_has_a_word_of_its_own()
    {
        Check<MessageKind>(static v => v.Word());
        Check<ConsentSource>(static v => v.Word());
        Check<DeliveryKind>(static v => v.Word());
        Check<DeliveryStatus>(static v => v.Word());
        Check<OrderPlatform>(static v => v.ToName());
        Check<CreatorSource>(CreatorSourceName.Of);
    }

    [Fact]
    public void Words_are_read_back()
    {
        Assert.All(Enum.GetValues<ConsentSource>(), static v => Assert.True(ConsentSources.TryParse(v.Word(), out var read) && read == v));
        Assert.All(Enum.GetValues<DeliveryKind>(), static v => Assert.True(DeliveryWords.TryParse(v.Word(), out DeliveryKind read) && read == v));
        Assert.All(Enum.GetValues<DeliveryStatus>(), static v => Assert.True(DeliveryWords.TryParse(v.Word(), out DeliveryStatus read) && read == v));
    }

    private static void Check<T>(Func<T, string> word)
        where T : struct, Enum
    {
        var words = Enum.GetValues<T>().Select(word).ToList();
        Assert.DoesNotContain(string.Empty, words);
        Assert.Equal(words.Count, words.Distinct(StringComparer.Ordinal).Count());
    }
}
