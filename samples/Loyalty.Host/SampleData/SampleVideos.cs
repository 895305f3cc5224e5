using System.Globalization;
using System.Text;

namespace Loyalty.Host.SampleData;

/// <summary>Writes videos exports as real ones are: several spellings of handles and links, money and counts in several formats, gaps, repeats, wrong rows.</summary>
internal sealed class SampleVideos(int members, int videos, int seed, bool tidy)
{
    private static readonly string[] First =
        ["cozy", "urban", "tiny", "sunny", "vegan", "retro", "happy", "salty", "lucky", "noble", "mellow", "crafty", "royal", "swift", "dusty", "jolly"];

    private static readonly string[] Second =
        ["kitchen", "styles", "maker", "finds", "beauty", "fitness", "tech", "garden", "travel", "books", "pets", "deals", "home", "music", "toys", "art"];

    private static readonly string[] Titles =
        ["Trying this so you don't have to", "Unboxing my new favourite", "3 things I wish I knew earlier", "POV: it finally arrived", "Worth it or not?",
         "My honest review after a month", "Get ready with me", "How I use it every day", "You asked, I tested", "Small but mighty"];

    private static readonly string[] Tags = ["#fyp", "#tiktokmademebuyit", "#review", "#foryou", "#smallbusiness", "#haul", "#viral"];

    /// <summary>The last day of all sample files.</summary>
    public static DateOnly LastDay { get; } = new(2025, 6, 30);

    public string Handle(int member)
    {
        var random = SampleRandom.For(seed, "handle", member);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{First[random.Below(First.Length)]}{(random.OneIn(2) ? "." : "_")}{Second[random.Below(Second.Length)]}{member}");
    }

    public static void WriteHeader(Stream stream, bool tidy) =>
        stream.Write(tidy
            ? "Handle,Video,Views,Likes,Comments,GMV,CTR,Units Sold,Post Date,Video Title\n"u8
            : "\uFEFFHandle,Video,Views,Likes,Comments,GMV,CTR,Units Sold,Post Date,Video Title\r\n"u8);

    /// <summary>Writes the export of one day: every video posted up to it, with the numbers of that day.</summary>
    public void Write(Stream stream, DateOnly day, Action<long> progress, CancellationToken cancellation)
    {
        WriteHeader(stream, tidy);
        var line = new StringBuilder(256);
        var bytes = new byte[4_096];
        for (var video = 0; video < videos; video++)
        {
            if (video % 4_096 == 0)
            {
                cancellation.ThrowIfCancellationRequested();
                progress(video);
            }

            var random = SampleRandom.For(seed, "video", video);
            var posted = LastDay.AddDays(-random.Below(200));
            if (posted > day)
            {
                continue;
            }

            line.Clear();
            Append(line, video, posted, day, ref random);
            Flush();
            if (!tidy && random.OneIn(97))
            {
                AppendFault(line, video, posted, ref random);
                Flush();
            }
        }

        void Flush()
        {
            var length = Encoding.UTF8.GetBytes(line.ToString(), bytes);
            stream.Write(bytes, 0, length);
            line.Clear();
        }
    }

    private void Append(StringBuilder line, int video, DateOnly posted, DateOnly day, ref SampleRandom random)
    {
        // Every member has a video; the rest goes to members at random, to the first ones more often.
        var member = video < members ? video : (int)Math.Min(members - 1, random.Tail(members * 4L) % members);
        var handle = Handle(member);
        var id = 7_000_000_000_000_000_000L + (video * 1_000_003L) + random.Below(1_000_003);
        var views = random.Tail(2_000_000);
        var sales = random.OneIn(3) ? 0 : random.Tail(250_000);
        var units = sales / 1_999;

        // Numbers grow for ten days after posting.
        var grown = Math.Min(10, day.DayNumber - posted.DayNumber + 1);
        views = views * grown / 10;
        sales = sales * grown / 10;
        units = units * grown / 10;
        var likes = views / (5 + random.Below(20));
        var comments = likes / (20 + random.Below(60));

        line.Append(tidy ? "@" : random.Below(5) switch { 0 => "", 1 => "@@", 2 => " @", _ => "@" });
        line.Append(!tidy && random.OneIn(9) ? handle.ToUpperInvariant() : handle).Append(',');
        line.Append("https://www.tiktok.com/@").Append(handle).Append("/video/").Append(id.ToString(CultureInfo.InvariantCulture));
        line.Append(!tidy && random.OneIn(6) ? "?lang=en" : "").Append(',');
        Count(line, views, ref random);
        Count(line, likes, ref random);
        Count(line, comments, ref random);
        Money(line, sales, ref random);
        line.Append(CultureInfo.InvariantCulture, $"{random.Below(8)}.{random.Below(10)},");
        Count(line, units, ref random);
        line.Append(CultureInfo.InvariantCulture, $"{posted:yyyy-MM-dd},");
        Title(line, ref random);
        EndLine(line);
    }

    private void Count(StringBuilder line, long count, ref SampleRandom random)
    {
        if (!tidy && count == 0 && random.OneIn(2))
        {
            line.Append(random.Below(4) switch { 0 => "-", 1 => "--", 2 => "N/A", _ => "" }).Append(',');
        }
        else if (!tidy && count >= 1_000 && random.OneIn(4))
        {
            line.Append(CultureInfo.InvariantCulture, $"\"{count:N0}\",");
        }
        else
        {
            line.Append(count.ToString(CultureInfo.InvariantCulture)).Append(',');
        }
    }

    private void Money(StringBuilder line, long cents, ref SampleRandom random)
    {
        if (!tidy && cents == 0 && random.OneIn(2))
        {
            line.Append(random.OneIn(2) ? "" : "\t").Append(',');
            return;
        }

        var style = tidy ? 2 : random.Below(3);
        if (style == 0 && cents >= 100_000)
        {
            line.Append(CultureInfo.InvariantCulture, $"\"${cents / 100:N0}.{cents % 100:00}\",");
        }
        else
        {
            line.Append(CultureInfo.InvariantCulture, $"{(style == 1 ? "" : "$")}{cents / 100}.{cents % 100:00},");
        }
    }

    private void Title(StringBuilder line, ref SampleRandom random)
    {
        var title = Titles[random.Below(Titles.Length)];
        var first = Tags[random.Below(Tags.Length)];
        var second = Tags[random.Below(Tags.Length)];
        if (!tidy && random.OneIn(40))
        {
            line.Append('"').Append(title).Append("\n\"\"really\"\" ✨, ").Append(first).Append('"');
        }
        else if (title.Contains(',', StringComparison.Ordinal))
        {
            line.Append('"').Append(title).Append(' ').Append(first).Append('"');
        }
        else
        {
            line.Append(title).Append(' ').Append(tidy ? "" : first).Append(tidy ? "" : " ").Append(tidy ? "#fyp" : second);
        }
    }

    /// <summary>A row that a careful reader must not take, or takes in the place of an earlier one.</summary>
    private void AppendFault(StringBuilder line, int video, DateOnly posted, ref SampleRandom random)
    {
        var handle = Handle(video % members);
        var link = string.Create(CultureInfo.InvariantCulture, $"https://www.tiktok.com/@{handle}/video/{6_000_000_000_000_000_000L + video}");
        line.Append(random.Below(8) switch
        {
            0 => $"@{handle},{link},12,3,1,12.5.0,1.0,1,{posted:yyyy-MM-dd},amount with two points",
            1 => $"@{handle},{link},12,3,1,12.50,1.0,1,{posted:dd/MM/yyyy},date the other way round",
            2 => $"@{handle},{link},-12,3,1,12.50,1.0,1,{posted:yyyy-MM-dd},negative views",
            3 => $"@{handle[0]}***{handle[^1]},{link},12,3,1,12.50,1.0,1,{posted:yyyy-MM-dd},masked handle",
            4 => $"N/A,{link},12,3,1,12.50,1.0,1,{posted:yyyy-MM-dd},no handle",
            5 => $"@{handle},,12,3,1,12.50,1.0,1,{posted:yyyy-MM-dd},no link",
            6 => $"@{handle},{link},12,3,1,1.2K,1.0,1,{posted:yyyy-MM-dd},amount in thousands",
            _ => $"@{handle},{link},12,3",
        });
        EndLine(line);
    }

    private void EndLine(StringBuilder line) => line.Append(tidy ? "\n" : "\r\n");
}
