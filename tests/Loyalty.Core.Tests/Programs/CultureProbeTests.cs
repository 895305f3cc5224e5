using System.Globalization;

namespace Loyalty.Tests.Programs;

/// <summary>The culture that these tests run under: the one that was asked for, which writes dates and numbers otherwise, or none.</summary>
public sealed class CultureProbeTests
{
    [Fact]
    public void The_culture_is_the_one_that_was_asked_for()
    {
        var asked = Environment.GetEnvironmentVariable("LOYALTY_TEST_CULTURE") ?? string.Empty;
        Assert.Equal(asked, CultureInfo.CurrentCulture.Name);
        var written = string.Create(CultureInfo.CurrentCulture, $"{new DateOnly(2025, 3, 9):yyyy-MM-dd} {-1234.5m:N1}");
        Assert.Equal(asked.Length == 0, written == "2025-03-09 -1,234.5");
    }
}
