using System.Text;
using Loyalty.Identity;

namespace Loyalty.Host.Normalize;

/// <summary>The codes of regions as UTF-8, made once each.</summary>
internal static class RegionNames
{
    private static readonly Dictionary<PhoneRegion, byte[]> Names = PhoneRegion.All.ToDictionary(region => region, region => Encoding.ASCII.GetBytes(region.Code));

    /// <summary>The code of a region; empty for none.</summary>
    public static ReadOnlySpan<byte> Of(PhoneRegion region) => region.IsNone ? default : Names[region];
}
