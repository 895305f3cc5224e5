using System.Text;
using Loyalty.Identity;

namespace Loyalty.Tests.Identity;

/// <summary>The shortest way to a name looks at each byte at each place.</summary>
public sealed class HandleNameTests
{
    [Fact]
    public void Each_byte_at_each_place_of_a_plain_name_is_lowered_or_refused()
    {
        var destination = new byte[Handle.MaxUtf8Length];
        for (var length = 2; length <= 24; length++)
        {
            for (var place = 0; place < length; place++)
            {
                for (var b = 0; b < 256; b++)
                {
                    var name = Encoding.ASCII.GetBytes("@" + new string('Q', length));
                    name[place + 1] = (byte)b;
                    var expected = IsAllowed((byte)b) && !(b == '.' && place == length - 1) && !(length is 18 or 19 && place == length - 1 && b <= '9');

                    // A second mark is none of the name.
                    var isPlain = HandleName.TryPlain(name, HandlePlatform.TikTok, destination, out var written);
                    if (b == '@' && place == 0)
                    {
                        continue;
                    }

                    Assert.True(expected == isPlain, $"length {length}, place {place}, byte {b}");
                    if (isPlain)
                    {
                        Assert.Equal(Encoding.ASCII.GetString(name, 1, length).ToLowerInvariant(), Encoding.ASCII.GetString(destination, 0, written));
                    }
                }
            }
        }
    }

    private static bool IsAllowed(byte b) => char.IsAsciiLetterOrDigit((char)b) || b is (byte)'.' or (byte)'_';
}
