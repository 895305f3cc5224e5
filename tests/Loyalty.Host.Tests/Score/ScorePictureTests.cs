using System.Globalization;
using System.Xml.Linq;

namespace Loyalty.Tests.Host.Score;

/// <summary>The picture of <c>loyalty score</c>: everything inside, no text on another, letters that can be read at its own width of 800.</summary>
public sealed class ScorePictureTests : IDisposable
{
    private readonly Desk _desk = new();

    public void Dispose() => _desk.Dispose();

    [Theory]
    [InlineData("grid")]
    [InlineData("lead")]
    [InlineData("r")]
    [InlineData("long")]
    public void Texts_stay_inside_and_apart(string segments)
    {
        _desk.Write("o.csv", "customer,order_id,date,net\n" + string.Concat(Enumerable.Range(0, 200).Select(static i => $"c{i * i % 97},{i},2025-0{1 + (i % 9)}-11,{i * 7}\n")));
        _desk.Write("p.json", """
            { "tenant": "a", "currency": "USD", "timeZone": "UTC", "rfm": { "segments": [
              { "name": "Customers whom nobody has seen for a very long time", "r": [1, 2] }, { "name": "客户客户客户客户客户客户客户客户客户客户客户客户", "r": [3, 5] } ] } }
            """);
        _desk.Run(["score", "--orders", "o.csv", "--as-of", "2025-10-01", "--out", "out", .. segments == "long" ? (string[])["--program", "p.json"] : ["--segments", segments]]).With(0);
        var svg = XDocument.Parse(_desk.Read("out/rfm.svg")).Root!;
        var (width, height) = (Number(svg, "width"), Number(svg, "height"));
        Assert.Equal(800, width);
        var boxes = svg.Descendants().Where(static e => e.Name.LocalName == "text").Select(Box).ToList();
        Assert.True(boxes.Count > 60);
        Assert.All(boxes, b => Assert.True(b.Left >= 0 && b.Right <= width && b.Top >= 0 && b.Bottom <= height && b.Size >= 12, $"{b} is outside or too small"));
        for (var i = 0; i < boxes.Count; i++)
        {
            Assert.All(boxes.Skip(i + 1), b => Assert.True(
                b.Left >= boxes[i].Right || b.Right <= boxes[i].Left || b.Top >= boxes[i].Bottom || b.Bottom <= boxes[i].Top, $"{b} stands on {boxes[i]}"));
        }
    }

    /// <summary>Where a text stands, if letters are 0.6 of their size wide, and wide characters as wide as high.</summary>
    private static (string Text, double Left, double Top, double Right, double Bottom, double Size) Box(XElement text)
    {
        var size = text.Attribute("font-size") is null ? 13 : Number(text, "font-size");
        var width = text.Value.Sum(c => c >= 0x1100 && c != '…' ? size : 0.6 * size);
        var (x, y) = (Number(text, "x"), Number(text, "y"));
        var left = text.Attribute("text-anchor")?.Value switch { "end" => x - width, "middle" => x - (width / 2), _ => x };
        return (text.Value, left, y - (0.8 * size), left + width, y + (0.2 * size), size);
    }

    private static double Number(XElement element, string name) => double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);
}
