namespace Loyalty.Creators;

/// <summary>Finds the product of the shop that a sample or a video means: by SKU, then by product id, then by name.</summary>
/// <remarks>Names are compared without regard to letter case and runs of spaces; a SKU or name that several products have finds none. Immutable.</remarks>
public sealed class ProductCatalogue
{
    private readonly Dictionary<string, string> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _skus = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _names = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>A catalogue of products.</summary>
    public ProductCatalogue(IEnumerable<CreatorProduct> products)
    {
        ArgumentNullException.ThrowIfNull(products);
        foreach (var product in products)
        {
            _ids[product.ProductId] = product.ProductId;
            Add(_skus, product.SkuId, product.ProductId);
            Add(_skus, product.SellerSku, product.ProductId);
            Add(_names, Squeeze(product.Name), product.ProductId);
        }
    }

    /// <summary>How many products there are.</summary>
    public int Count => _ids.Count;

    /// <summary>The product id, or empty when nothing fits.</summary>
    /// <param name="skuId">The SKU id of the shop; may be empty.</param>
    /// <param name="sellerSku">The seller's own SKU; may be empty.</param>
    /// <param name="productId">The product id as given; may be empty.</param>
    /// <param name="name">The name; may be empty.</param>
    public string Find(string skuId, string sellerSku, string productId, string name)
    {
        ArgumentNullException.ThrowIfNull(skuId);
        ArgumentNullException.ThrowIfNull(sellerSku);
        ArgumentNullException.ThrowIfNull(productId);
        ArgumentNullException.ThrowIfNull(name);
        if (Found(_skus, skuId) is { } bySku)
        {
            return bySku;
        }

        if (Found(_skus, sellerSku) is { } bySellerSku)
        {
            return bySellerSku;
        }

        return Found(_ids, productId) ?? Found(_ids, skuId) ?? Found(_names, Squeeze(name)) ?? "";
    }

    private static string? Found(Dictionary<string, string> index, string text) =>
        text.Length > 0 && index.TryGetValue(text, out var id) && id.Length > 0 ? id : null;

    /// <summary>An entry that two products share finds neither.</summary>
    private static void Add(Dictionary<string, string> index, string text, string id)
    {
        if (text.Length > 0 && !index.TryAdd(text, id) && !string.Equals(index[text], id, StringComparison.Ordinal))
        {
            index[text] = "";
        }
    }

    private static string Squeeze(string name)
    {
        name = name.Trim();
        return name.Contains("  ", StringComparison.Ordinal) || name.AsSpan().IndexOfAny("\t\n\r\u00A0") >= 0
            ? string.Join(' ', name.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            : name;
    }
}
