using System.Text;
using Loyalty.Identity;

namespace Loyalty.Tests.Identity;

public sealed class HandleTests
{
    [Fact]
    public void Every_row_of_the_public_set_reads_as_expected()
    {
        var rows = PublicSets.Read("handles_public.tsv");
        Assert.True(rows.Count > 100);
        var wrong = rows
            .Select(row => (Row: row, Read: Read(row[0], Enum.Parse<HandlePlatform>(row[1], ignoreCase: true))))
            .Where(x => Code(x.Read.Status) != x.Row[4] || x.Read.Value != x.Row[3])
            .Select(x => $"{string.Join(" | ", x.Row)}: {x.Read}")
            .ToArray();
        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("@PSG", "psg")]
    [InlineData("charli.d'", null)]
    [InlineData("_guzi_", "_guzi_")]
    [InlineData("https://www.tiktok.com/@Name.One?lang=en#x", "name.one")]
    [InlineData("tiktok.com/@name", "name")]
    [InlineData("TIKTOK.COM./@name", "name")]
    [InlineData("https://www.tiktok.com:443/@name/", "name")]
    [InlineData("https://www.tiktok.com/embed/@name", "name")]
    [InlineData("https://www.tiktok.com/@name/playlist/x-1", "name")]
    [InlineData("https://www.tiktok.com/%40na%6de%20", "name")]
    [InlineData("/@none", "none")]
    [InlineData("@null", "null")]
    [InlineData("@@name..", "name")]
    [InlineData("name!!!", "name")]
    [InlineData("\uFEFF@na\u00ADme\u200B", "name")]
    [InlineData("\"@name\"", "name")]
    [InlineData("(@name)", "name")]
    [InlineData("TikTok handle: @name", "name")]
    [InlineData("my tiktok: name", "name")]
    [InlineData("TikTok: https://www.tiktok.com/@name", "name")]
    [InlineData("&commat;name&nbsp;", "name")]
    [InlineData("&#x40;name", "name")]
    [InlineData("%40name", "name")]
    [InlineData("MS_fan_of_paper", "ms_fan_of_paper")]
    [InlineData("12345678901234567", "12345678901234567")]
    [InlineData("abcdefghijklmnopqrstuvwx", "abcdefghijklmnopqrstuvwx")]
    public void A_tiktok_handle_is_found(string text, string? expected)
    {
        var (status, value, _) = Read(text, HandlePlatform.TikTok);
        Assert.Equal(expected ?? "", value);
        Assert.Equal(expected is null ? HandleStatus.Invalid : HandleStatus.Ok, status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("\t\u3000\u200B")]
    [InlineData("-")]
    [InlineData("—")]
    [InlineData("--")]
    [InlineData("N/A")]
    [InlineData("na")]
    [InlineData("None")]
    [InlineData("NULL")]
    [InlineData("(null)")]
    [InlineData("undefined")]
    [InlineData("Unknown")]
    [InlineData("NaN")]
    [InlineData("#N/A")]
    [InlineData("#REF!")]
    [InlineData(".")]
    [InlineData("@")]
    [InlineData("@@")]
    [InlineData("IG: n/a", HandlePlatform.Instagram)]
    public void A_bare_stand_in_is_a_placeholder(string text, HandlePlatform platform = HandlePlatform.TikTok) =>
        Assert.Equal((HandleStatus.Placeholder, "", HandleReason.Missing), Read(text, platform));

    [Theory]
    [InlineData("a", HandleStatus.Invalid, HandleReason.TooShort)]
    [InlineData("abcdefghijklmnopqrstuvwxy", HandleStatus.Invalid, HandleReason.TooLong)]
    [InlineData("jane doe", HandleStatus.Invalid, HandleReason.InnerSpace)]
    [InlineData("jane\u00A0doe", HandleStatus.Invalid, HandleReason.InnerSpace)]
    [InlineData("name🔥", HandleStatus.Invalid, HandleReason.Character)]
    [InlineData("josé", HandleStatus.Invalid, HandleReason.Character)]
    [InlineData("name-x", HandleStatus.Invalid, HandleReason.Character)]
    [InlineData("a@b.co", HandleStatus.Invalid, HandleReason.Email)]
    [InlineData("tiktok.com@evil.example", HandleStatus.Invalid, HandleReason.Email)]
    [InlineData("https://tiktok.com@evil.example/@name", HandleStatus.Invalid, HandleReason.MalformedLink)]
    [InlineData("https://www.tiktok.com:x/@name", HandleStatus.Invalid, HandleReason.MalformedLink)]
    [InlineData("ftp://www.tiktok.com/@name", HandleStatus.Invalid, HandleReason.MalformedLink)]
    [InlineData("javascript://www.tiktok.com/@name", HandleStatus.Invalid, HandleReason.MalformedLink)]
    [InlineData("https://nottiktok.com/@name", HandleStatus.Invalid, HandleReason.ForeignHost)]
    [InlineData("https://tiktоk.com/@name", HandleStatus.Invalid, HandleReason.ForeignHost)]
    [InlineData("@a_b, @c_d", HandleStatus.Ambiguous, HandleReason.Several)]
    [InlineData("@a_b@c_d", HandleStatus.Ambiguous, HandleReason.Several)]
    [InlineData("@a_b/@c_d", HandleStatus.Ambiguous, HandleReason.Several)]
    [InlineData("first_one,second_one", HandleStatus.Ambiguous, HandleReason.Several)]
    [InlineData("@a_b & @c_d", HandleStatus.Ambiguous, HandleReason.Several)]
    [InlineData("n***e", HandleStatus.Masked, HandleReason.MaskSymbols)]
    [InlineData("@na••me", HandleStatus.Masked, HandleReason.MaskSymbols)]
    [InlineData("***", HandleStatus.Masked, HandleReason.MaskSymbols)]
    [InlineData("https://www.tiktok.com/@n*me", HandleStatus.Masked, HandleReason.MaskSymbols)]
    [InlineData("сосо", HandleStatus.Suspect, HandleReason.Lookalike)]
    [InlineData("@тest", HandleStatus.Suspect, HandleReason.Lookalike)]
    [InlineData("ﬁre", HandleStatus.Suspect, HandleReason.Lookalike)]
    [InlineData("name²", HandleStatus.Suspect, HandleReason.Lookalike)]
    [InlineData("ⓝⓐⓜⓔ", HandleStatus.Suspect, HandleReason.Lookalike)]
    [InlineData("İrem", HandleStatus.Invalid, HandleReason.Character)]
    [InlineData("https://www.tiktok.com/name", HandleStatus.NotAHandle, HandleReason.Page)]
    [InlineData("https://www.tiktok.com/", HandleStatus.NotAHandle, HandleReason.Page)]
    [InlineData("tiktok.com", HandleStatus.NotAHandle, HandleReason.Page)]
    [InlineData("https://www.tiktok.com/share/user/6893728364396434241", HandleStatus.NotAHandle, HandleReason.UserId)]
    [InlineData("https://m.tiktok.com/h5/share/usr/6893728364396434241.html", HandleStatus.NotAHandle, HandleReason.UserId)]
    [InlineData("https://www.tiktok.com/@6893728364396434241", HandleStatus.NotAHandle, HandleReason.UserId)]
    [InlineData("6893728364396434241", HandleStatus.NotAHandle, HandleReason.UserId)]
    [InlineData("MS4wLjABAAAAv7iSuuXDJGDvJkmH_vz1qkDZYo1apxgzaxdBSeIuPiM", HandleStatus.NotAHandle, HandleReason.SecUid)]
    [InlineData("https://www.tiktok.com/@MS4wLjABAAAAv7iSuuXDJGDvJkmH", HandleStatus.NotAHandle, HandleReason.SecUid)]
    [InlineData("https://www.instagram.com/name", HandleStatus.NotAHandle, HandleReason.OtherPlatform)]
    [InlineData("IG: @name", HandleStatus.NotAHandle, HandleReason.OtherPlatform)]
    [InlineData("https://vm.tiktok.com/ZM1/", HandleStatus.Unresolved, HandleReason.ShortLink)]
    [InlineData("tiktok.com/t/ZT7bAdfK2", HandleStatus.Unresolved, HandleReason.ShortLink)]
    public void Anything_else_has_its_status_and_reason(string text, HandleStatus status, HandleReason reason) =>
        Assert.Equal((status, "", reason), Read(text, HandlePlatform.TikTok));

    [Theory]
    [InlineData("a", HandleStatus.Ok, HandleReason.None)]
    [InlineData(".name", HandleStatus.Invalid, HandleReason.DotPlacement)]
    [InlineData("na..me", HandleStatus.Invalid, HandleReason.DotPlacement)]
    [InlineData("name.", HandleStatus.Ok, HandleReason.None)]
    [InlineData("https://www.instagram.com/name/reels/", HandleStatus.Ok, HandleReason.None)]
    [InlineData("https://www.instagram.com/p/CxYz/", HandleStatus.NotAHandle, HandleReason.Content)]
    [InlineData("https://www.instagram.com/reel/CxYz/", HandleStatus.NotAHandle, HandleReason.Content)]
    [InlineData("https://www.instagram.com/explore/", HandleStatus.NotAHandle, HandleReason.Page)]
    public void Instagram_has_its_own_rules(string text, HandleStatus status, HandleReason reason)
    {
        var read = Read(text, HandlePlatform.Instagram);
        Assert.Equal((status, reason), (read.Status, read.Reason));
    }

    [Theory]
    [InlineData("ab", HandleStatus.Invalid, "")]
    [InlineData("@José", HandleStatus.Ok, "josé")]
    [InlineData("@Jose\u0301", HandleStatus.Ok, "josé")]
    [InlineData("@МАРИЯ-tv", HandleStatus.Suspect, "")]
    [InlineData("@МАРИЯ", HandleStatus.Ok, "мария")]
    [InlineData("@日本語ch", HandleStatus.Ok, "日本語ch")]
    [InlineData("@한국어", HandleStatus.Ok, "한국어")]
    [InlineData("@col·lecció", HandleStatus.Ok, "col·lecció")]
    [InlineData("UCCf03E5cDcFd9bB3BffeB_A", HandleStatus.NotAHandle, "")]
    [InlineData("https://www.youtube.com/c/name", HandleStatus.NotAHandle, "")]
    [InlineData("https://www.youtube.com/user/name", HandleStatus.NotAHandle, "")]
    [InlineData("https://youtu.be/dQw4w9WgXcQ", HandleStatus.NotAHandle, "")]
    [InlineData("https://www.youtube.com/@name/featured", HandleStatus.Ok, "name")]
    public void YouTube_has_its_own_rules(string text, HandleStatus status, string value)
    {
        var read = Read(text, HandlePlatform.YouTube);
        Assert.Equal((status, value), (read.Status, read.Value));
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_invalid()
    {
        byte[][] texts = [[0xFF], [(byte)'a', 0xC3], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC0, 0x80], "https://www.tiktok.com/@%FF%FE"u8.ToArray()];
        foreach (var text in texts)
        {
            var status = Handle.Normalize(text, HandlePlatform.TikTok, new byte[Handle.MaxUtf8Length], out var written, out var reason);
            Assert.Equal((HandleStatus.Invalid, 0, HandleReason.Encoding), (status, written, reason));
        }
    }

    [Fact]
    public void A_lone_surrogate_is_invalid()
    {
        Assert.Equal(HandleStatus.Invalid, Handle.Read("na\uD800me", HandlePlatform.TikTok, out _, out var reason));
        Assert.Equal(HandleReason.Encoding, reason);
    }

    [Fact]
    public void A_text_beyond_the_limit_is_oversized_unless_it_is_padding()
    {
        Assert.Equal(HandleReason.Oversized, Read(new string('a', 5000), HandlePlatform.TikTok).Reason);
        var normal = new byte[24];
        Assert.Equal(HandleStatus.Ok, Handle.Normalize(Encoding.UTF8.GetBytes("@name" + new string(' ', 5000)), HandlePlatform.TikTok, normal, out _, out _));
    }

    [Fact]
    public void A_suspect_has_a_skeleton_for_review()
    {
        var skeleton = new byte[30];
        Assert.True(Handle.TryGetSkeleton("@mаrk7895"u8, skeleton, out var written));
        Assert.Equal("mark7895", Encoding.UTF8.GetString(skeleton, 0, written));
        Assert.True(Handle.TryGetSkeleton("𝓮𝓵𝓼𝓲𝓮-𝓯𝓮𝓻𝓻𝔂9"u8, skeleton, out written));
        Assert.Equal("elsie-ferry9", Encoding.UTF8.GetString(skeleton, 0, written));
        Assert.False(Handle.TryGetSkeleton("@мария"u8, skeleton, out _));
    }

    [Fact]
    public void Parse_reads_tiktok_and_says_why_not()
    {
        Assert.Equal("name", Handle.Parse("@Name", null).Value);
        Assert.Equal(Handle.Parse("@Name", null), Handle.Parse("https://tiktok.com/@name"u8, null));
        Assert.Contains("Email", Assert.Throws<FormatException>(() => Handle.Parse("a@b.co", null)).Message, StringComparison.Ordinal);
        Assert.False(Handle.TryParse((string?)null, null, out var none));
        Assert.True(none.IsEmpty);
        Assert.Equal("", none.ToString());
    }

    [Fact]
    public void A_short_destination_is_refused() =>
        Assert.Throws<ArgumentException>(() => Handle.Normalize("a"u8, HandlePlatform.TikTok, new byte[10], out _, out _));

    internal static string Code(HandleStatus status) => status == HandleStatus.NotAHandle ? "not_a_handle" : status.ToString().ToLowerInvariant();

    private static (HandleStatus Status, string Value, HandleReason Reason) Read(string text, HandlePlatform platform)
    {
        var normal = new byte[Handle.MaxUtf8Length];
        var status = Handle.Normalize(Encoding.UTF8.GetBytes(text), platform, normal, out var written, out var reason);
        Assert.Equal(status, Handle.Read(text, platform, out var handle, out var same));
        Assert.Equal(reason, same);
        Assert.Equal(Encoding.UTF8.GetString(normal, 0, written), handle.Value);
        return (status, handle.Value, reason);
    }
}
