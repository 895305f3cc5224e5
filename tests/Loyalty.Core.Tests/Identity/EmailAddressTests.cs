using System.Text;
using Loyalty.Identity;

namespace Loyalty.Tests.Identity;

public sealed class EmailAddressTests
{
    [Theory]
    [InlineData("jane@example.com", "jane@example.com")]
    [InlineData("  Jane.Doe+Shop@Example.COM\t", "jane.doe+shop@example.com")]
    [InlineData("mailto:Jane@Example.com", "jane@example.com")]
    [InlineData("<jane@example.com>,", "jane@example.com")]
    [InlineData("jane\u200B@example.com\u00A0", "jane@example.com")]
    [InlineData("ÉLISE@Exämple.FR", "élise@exämple.fr")]
    [InlineData("İ@example.com", "İ@example.com")]
    [InlineData("a..b@docomo.example", "a..b@docomo.example")]
    public void An_address_is_trimmed_and_lower_cased_as_a_whole(string text, string expected) => Assert.Equal((EmailReason.None, expected), Read(text));

    [Theory]
    [InlineData("", EmailReason.Missing)]
    [InlineData(" \u3000", EmailReason.Missing)]
    [InlineData("N/A", EmailReason.Missing)]
    [InlineData("-", EmailReason.Missing)]
    [InlineData("jane", EmailReason.NotAnAddress)]
    [InlineData("@example.com", EmailReason.NotAnAddress)]
    [InlineData("jane@", EmailReason.NotAnAddress)]
    [InlineData("jane@example", EmailReason.Domain)]
    [InlineData("jane@-example.com", EmailReason.Domain)]
    [InlineData("jane@exa_mple..com", EmailReason.Domain)]
    [InlineData("jane doe@example.com", EmailReason.Character)]
    [InlineData("Jane <jane@example.com", EmailReason.Character)]
    [InlineData("a@example.com, b@example.com", EmailReason.Several)]
    [InlineData("j***@example.com", EmailReason.Masked)]
    public void Anything_else_says_why(string text, EmailReason reason) => Assert.Equal((reason, ""), Read(text));

    [Fact]
    public void Bytes_that_are_not_utf8_and_endless_texts_are_refused()
    {
        var normal = new byte[EmailAddress.MaxUtf8Length];
        Assert.Equal(EmailReason.Encoding, EmailAddress.Normalize([(byte)'a', 0xFF, (byte)'@', (byte)'b', (byte)'.', (byte)'c'], normal, out _));
        Assert.Equal(EmailReason.Encoding, EmailAddress.Read("a\uD800@b.co", out _));
        Assert.Equal(EmailReason.Oversized, EmailAddress.Normalize(Encoding.UTF8.GetBytes(new string('a', 400) + "@b.co"), normal, out _));
        Assert.Equal(EmailReason.Oversized, EmailAddress.Read(new string('é', 5000), out _));
        Assert.Throws<ArgumentException>(() => EmailAddress.Normalize("a@b.co"u8, new byte[100], out _));
    }

    [Fact]
    public void The_text_as_given_is_kept_and_the_normal_form_is_compared()
    {
        var address = EmailAddress.Parse(" Jane@Example.com ", null);
        Assert.Equal(("jane@example.com", "Jane@Example.com"), (address.Normal, address.Given));
        Assert.Equal(EmailAddress.Parse("JANE@EXAMPLE.COM", null), address);
        Assert.Equal(("", ""), (default(EmailAddress).Normal, default(EmailAddress).Given));
        Assert.False(EmailAddress.TryParse((string?)null, null, out _));
        Assert.Contains("Domain", Assert.Throws<FormatException>(() => EmailAddress.Parse("a@b", null)).Message, StringComparison.Ordinal);
    }

    private static (EmailReason Reason, string Normal) Read(string text)
    {
        var normal = new byte[EmailAddress.MaxUtf8Length];
        var reason = EmailAddress.Normalize(Encoding.UTF8.GetBytes(text), normal, out var written);
        Assert.Equal(reason, EmailAddress.Read(text, out var address));
        Assert.Equal(Encoding.UTF8.GetString(normal, 0, written), address.Normal);
        return (reason, address.Normal);
    }
}
