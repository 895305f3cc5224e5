using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Loyalty.Activities;

namespace Loyalty.Tests.Activities;

public sealed class ActivityKeyTests
{
    [Theory]
    [InlineData("https://www.tiktok.com/@ann/video/7301234567890123456", "7301234567890123456")]
    [InlineData("https://www.tiktok.com/@ann/video/7301234567890123456?lang=en#x", "7301234567890123456")]
    [InlineData("https://www.tiktok.com/@ann/video/7/", "7")]
    [InlineData("/video/42", "42")]
    [InlineData("tiktok.com/@ann/video/42", "42")]
    [InlineData("https://x.com/video/abc/video/9", "9")]
    [InlineData("HTTPS://Example.com/Clip/7/?utm=1#t", "https://example.com/Clip/7")]
    [InlineData("http://EXAMPLE.com:8080/A", "http://example.com:8080/A")]
    [InlineData("https://example.com", "https://example.com")]
    [InlineData("https://Example.com/", "https://example.com")]
    [InlineData("https://Example.com?a=/video/", "https://example.com")]
    [InlineData("https://example.com/video/", "https://example.com/video")]
    [InlineData("https://example.com/Video/7", "https://example.com/Video/7")]
    public void A_url_has_a_key(string url, string key) => Assert.Equal(key, Read(url));

    [Theory]
    [InlineData("007", "https://www.tiktok.com/@ann/video/007")]
    [InlineData("12345678901234567890123", "https://www.tiktok.com/@ann/video/12345678901234567890123")]
    public void C18_A_video_number_stays_text(string key, string url) => Assert.Equal(key, Read(url));

    [Theory]
    [InlineData("")]
    [InlineData("example.com/a")]
    [InlineData("ftp://example.com/a")]
    [InlineData("httpx://example.com/a")]
    [InlineData("https://")]
    [InlineData("https:///a")]
    [InlineData("https://?a")]
    [InlineData("https://exa mple.com/a")]
    [InlineData("https://example.com/a\tb")]
    [InlineData("https://example.com/a\u007F")]
    [InlineData("//example.com/a")]
    [InlineData("N/A")]
    public void What_is_no_url_has_no_key(string url) => Assert.Null(Read(url));

    [Fact]
    public void A_key_has_at_most_2048_bytes()
    {
        Assert.Equal(2_048, Read("https://e.com/" + new string('a', 2_034))!.Length);
        Assert.Null(Read("https://e.com/" + new string('a', 2_035)));
        Assert.Equal(2_048, Read("/video/" + new string('1', 2_048))!.Length);
        Assert.Null(Read("/video/" + new string('1', 2_049)));
    }

    [Property(MaxTest = 20_000, Arbitrary = [typeof(Urls)])]
    public void A_key_never_throws_and_is_its_own_key_again(string url)
    {
        var key = Read(url);
        if (key is not null && key.StartsWith("http", StringComparison.Ordinal))
        {
            Assert.Equal(key, Read(key));
        }
        else if (key is not null)
        {
            Assert.True(key.Length > 0 && key.All(char.IsAsciiDigit));
        }
    }

    [Property(MaxTest = 10_000)]
    public void A_key_of_any_bytes_never_throws_whatever_the_room(byte[] bytes)
    {
        ActivityKey.TryFromUrl(bytes, default, out _);
        ActivityKey.TryFromUrl(bytes, new byte[bytes.Length], out _);
    }

    private static string? Read(string url)
    {
        var bytes = Encoding.UTF8.GetBytes(url);
        return ActivityKey.TryFromUrl(bytes, new byte[bytes.Length], out var key) ? Encoding.UTF8.GetString(key) : null;
    }

    /// <summary>Any text, and the parts of URLs in any order.</summary>
    private static class Urls
    {
        private static readonly string[] Parts = ["https://", "HTTP://", "/video/", "7", "E", "x.com", "/", "?", "#", " ", "\0", "é", "://", "@ann"];

        public static Arbitrary<string> Any { get; } = Gen.OneOf(
            ArbMap.Default.GeneratorFor<string>().Select(static s => s ?? ""),
            Gen.ListOf(Gen.Elements(Parts)).Select(static p => string.Concat(p)),
            Gen.ListOf(Gen.Elements(Parts)).Select(static p => "https://" + string.Concat(p))).ToArbitrary();
    }
}
