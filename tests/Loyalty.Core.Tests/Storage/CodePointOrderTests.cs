using System.Text;
using Loyalty.Memory;

namespace Loyalty.Tests.Storage;

/// <summary>The order of texts in results is that of the bytes of UTF-8, as in PostgreSQL.</summary>
public class CodePointOrderTests
{
    [Fact]
    public void Texts_stand_in_the_order_of_their_bytes_in_utf8()
    {
        string[] texts = ["", "A", "Ann", "a", "ann", "ann ", "e\u0301", "\u00e9", "\ud7ff", "\ue000", "\uffee", "\uffff", "\U00010000", "\U0001F600", "\U0001F600a", "\U0010FFFF"];
        foreach (var x in texts)
        {
            foreach (var y in texts)
            {
                var expected = Encoding.UTF8.GetBytes(x).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y));
                Assert.Equal(Math.Sign(expected), Math.Sign(CodePointOrder.Instance.Compare(x, y)));
            }
        }
    }

    [Fact]
    public void No_text_comes_first() => Assert.True(CodePointOrder.Instance.Compare(null, "") < 0 && CodePointOrder.Instance.Compare("", null) > 0);
}
